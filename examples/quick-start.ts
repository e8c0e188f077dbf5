/**
 * A CSV file of hourly bars in, the present regime out.
 *
 *   node --import tsx examples/quick-start.ts bars.csv      (or compile it first)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyRegimeModel,
  buildRegimeFeatures,
  importFiles,
  Lake,
  openRegimeRecord,
  systemClock,
  trainRegimeModel,
} from 'tidewatch';

export async function presentRegime(file: string): Promise<{ label: string; probability: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-example-'));
  const lake = await Lake.open(folder, { clock: systemClock });
  try {
    await importFiles(
      { lake, now: systemClock.now() },
      { dataset: 'bars', timeframe: '1h', sources: [{ path: file, subject: 'file:spot:BTCUSDT' }] },
    );
    const { series } = await lake.series('file:spot:BTCUSDT', '1h');
    const table = buildRegimeFeatures(series);
    const record = trainRegimeModel(table, { states: 3, seed: 42 });
    const applied = applyRegimeModel(openRegimeRecord(record), table);
    const last = applied.regime.length - 1;
    const state = applied.regime[last]!;
    return {
      label: record.labels[state]!,
      probability: applied.probability[last * applied.states + state]!,
    };
  } finally {
    await lake.close();
    rmSync(folder, { recursive: true });
  }
}

const [, program, file] = process.argv;
if (file !== undefined && program?.includes('quick-start')) {
  const { label, probability } = await presentRegime(file);
  console.log(`now ${label} ${probability.toFixed(2)}`);
}
