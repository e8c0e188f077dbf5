import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('builds the committed kernel again, byte for byte', async () => {
  const generator = new URL('./build.mjs', import.meta.url).href;
  const { kernelSource } = (await import(generator)) as { kernelSource(): Promise<string> };
  const committed = 'src/analysis/models/gaussian-hmm/wasm/kernel-binary.ts';
  expect((await kernelSource()) === readFileSync(committed, 'utf8')).toBe(true);
});
