/**
 * Answers one case of the peer harness: `--work W --data DIR --threads N --repeat R`. The last line of output is JSON
 * with cpu_s and wall_s in the units of the case (seconds per EM iteration where the peer's are), rss_peak_mb and
 * check, or with `error` when we do not do that work.
 */
import { parseArgs } from 'node:util';
import { findCase } from './catalogue.js';
import { measure } from './measure.js';

const { values } = parseArgs({
  options: {
    work: { type: 'string' },
    data: { type: 'string' },
    threads: { type: 'string', default: '1' },
    repeat: { type: 'string', default: '3' },
  },
});

async function answer(): Promise<Record<string, unknown>> {
  const { work, data } = values;
  if (!work || !data) return { error: 'usage: peer.js --work W --data DIR [--threads N] [--repeat R]' };
  const benchCase = await findCase(work);
  if (!benchCase) return { error: `not covered: ${work}` };
  return { ...(await measure(benchCase, data, Number(values.threads), Number(values.repeat))) };
}

try {
  const result = await answer();
  console.log(JSON.stringify(result));
  process.exitCode = 'error' in result ? 1 : 0;
} catch (error) {
  console.error(error);
  console.log(JSON.stringify({ error: (error as Error).message }));
  process.exitCode = 1;
}
