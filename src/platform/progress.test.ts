import { expect, it } from 'vitest';
import { FixedClock } from '../market/clock.js';
import { createProgress, progressLine } from './progress.js';

function stream(): { written: string[]; stream: NodeJS.WriteStream } {
  const written: string[] = [];
  const fake = { isTTY: false, write: (text: string) => written.push(text) };
  return { written, stream: fake as unknown as NodeJS.WriteStream };
}

it('shows rate and time left', () => {
  const line = progressLine({
    label: 'import',
    unit: 'rows',
    done: 250_000,
    total: 1_000_000,
    note: 'read',
    elapsedMs: 5_000,
    ascii: true,
  });
  expect(line).toBe('import  #####---------------  250,000/1,000,000 rows  50,000 rows/s  ETA 15 s  read');
});

it('says nothing for two seconds, then a line every ten where there is no terminal', () => {
  const clock = new FixedClock(0);
  const { written, stream: target } = stream();
  const progress = createProgress({
    label: 'x',
    unit: 'files',
    total: 100,
    stream: target,
    quiet: false,
    clock,
  });
  for (let done = 1; done <= 100; done += 1) {
    clock.advance(250);
    progress.update(done);
  }
  progress.stop();
  expect(written.map((line) => /(\d+)\/100/.exec(line)?.[1])).toEqual(['8', '48', '88']);
});

it('is silent when quiet', () => {
  const clock = new FixedClock(0);
  const { written, stream: target } = stream();
  const progress = createProgress({ label: 'x', unit: 'files', stream: target, quiet: true, clock });
  clock.advance(60_000);
  progress.update(5);
  progress.stop();
  expect(written).toEqual([]);
});
