// The writer that the chaos tests kill: a process of its own that appends one minute of every symbol per batch and
// acknowledges each batch on stdout once it is durable. Argument: JSON, see `options`.
import { writeSync } from 'node:fs';
import { Lake } from '../../dist/src/data/lake/lake.js';

const MINUTE = 60_000;
/** { root, first, batches, symbols, start, clockAhead, compactEvery } */
const options = JSON.parse(process.argv[2]);
const { root, first, batches, symbols, start, clockAhead, compactEvery } = options;

let batch = first;
const clock = {
  now: () => (clockAhead === undefined ? Date.now() : start + batch * MINUTE + clockAhead),
};
const lake = await Lake.open(root, { clock, threads: 1 });
const writer = await lake.writer();
writeSync(1, 'ready\n');
for (; batch < first + batches; batch += 1) {
  const ids = Array.from({ length: symbols }, (_, at) => `binance:spot:S${at}USDT`);
  const close = ids.map((_, at) => 100 + batch + at / 100);
  await writer.append(
    'bars',
    {
      length: symbols,
      columns: {
        instrument_id: ids,
        timeframe: ids.map(() => '1m'),
        ts: ids.map(() => start + batch * MINUTE),
        open: close,
        high: close.map((value) => value + 1),
        low: close.map((value) => value - 1),
        close,
        volume: close,
      },
    },
    { source: 'ws' },
  );
  writeSync(1, `ack ${batch}\n`);
  if (compactEvery > 0 && batch % compactEvery === compactEvery - 1) {
    const { merged, deleted } = await lake.compact('bars');
    writeSync(1, `compacted ${merged.length} ${deleted.length}\n`);
  }
}
writeSync(1, 'done\n');
await lake.close();
