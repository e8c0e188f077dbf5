/**
 * What a process that starts has to do before the states of the drivers stand again, over ninety days of minutes of all
 * eight: `checkpoint` goes on from the checkpoints of the records, half an hour old, `replay` has none and steps every
 * bar. Both end in the same records, which is checked. Bars lie in memory: reading them costs both the same.
 */
import { createHash } from 'node:crypto';
import { DRIVERS } from '../src/analysis/drivers/driver.js';
import { DriverStates } from '../src/app/drivers/driver-states.js';
import { readCheckpoint, type StoredCheckpoint } from '../src/app/drivers/trend-checkpoint.js';
import { type NumberColumn, RegimeSeries } from '../src/data/drivers/regime-series.js';
import { StepNotes } from '../src/data/drivers/step-result.js';
import { Random } from '../src/market/random.js';
import type { BenchCase } from './bench-case.js';

const MINUTE = 60_000;
const ROWS = 90 * 1440;
const SINCE_CHECKPOINT = 30;
const START = Date.UTC(2025, 0, 1);

type Columns = Readonly<Record<NumberColumn, Float64Array>>;

function walk(seed: number): Columns {
  const random = new Random(seed);
  const filled = (value: number): Float64Array => new Float64Array(ROWS).fill(value);
  const columns = {
    open: filled(0),
    high: filled(0),
    low: filled(0),
    close: filled(0),
    volume: filled(0),
    count: filled(Number.NaN),
    partial: filled(0),
    coverage: filled(100),
    used: filled(1),
    expected: filled(1),
  };
  let price = 100;
  for (let row = 0; row < ROWS; row += 1) {
    const open = price;
    price *= Math.exp(0.002 * (random.uniform() + random.uniform() - 1) + 0.0004 * Math.sin(row / 900));
    columns.open[row] = open;
    columns.high[row] = Math.max(open, price) * 1.0003;
    columns.low[row] = Math.min(open, price) * 0.9997;
    columns.close[row] = price;
    columns.volume[row] = random.uniform();
  }
  return columns;
}

/** Stored bars as a process finds them: nothing of them is known yet. */
function found(walks: readonly Columns[], rows: number): ReadonlyMap<string, RegimeSeries> {
  const time = Float64Array.from({ length: rows }, (_, row) => START + row * MINUTE);
  const sources = new Array<string>(rows).fill('binance');
  return new Map(
    DRIVERS.map((driver, at) => {
      const series = new RegimeSeries(driver, '1m');
      const own = Object.entries(walks[at]!).map(([name, column]) => [name, column.slice(0, rows)]);
      series.load(time.slice(), Object.fromEntries(own) as Record<NumberColumn, Float64Array>, sources);
      return [driver as string, series];
    }),
  );
}

async function statesOf(
  series: ReadonlyMap<string, RegimeSeries>,
  stored: ReadonlyMap<string, StoredCheckpoint>,
): Promise<DriverStates> {
  const states = new DriverStates(
    { of: async () => ({ series, isNew: false }) },
    'bench',
    async () => stored,
  );
  const notes = new StepNotes('states', 0);
  await states.advance('1m', notes);
  if (notes.errors.length > 0) throw new Error(notes.errors[0]!.message);
  return states;
}

function recordsOf(states: DriverStates): string {
  const records = DRIVERS.map((driver) => {
    const { features, ...rest } = states.evaluation(driver, '1m', 0)!;
    return { ...rest, features: { ...features, trend_meta: null } };
  });
  return createHash('sha256').update(JSON.stringify(records)).digest('hex').slice(0, 16);
}

function resumeCase(kind: 'checkpoint' | 'replay'): BenchCase {
  return {
    work: `drivers.resume.${kind}`,
    rows: DRIVERS.length * ROWS,
    unit: 'bar',
    async setup() {
      const walks = DRIVERS.map((_, at) => walk(at + 1));
      const stored = new Map<string, StoredCheckpoint>();
      if (kind === 'checkpoint') {
        const before = await statesOf(found(walks, ROWS - SINCE_CHECKPOINT), stored);
        for (const driver of DRIVERS) {
          const { features } = before.evaluation(driver, '1m', 0)!;
          stored.set(`${driver} 1m`, readCheckpoint(features.trend_meta)!);
        }
      }
      let series = found(walks, ROWS);
      return {
        prepare() {
          series = found(walks, ROWS);
        },
        run: () => statesOf(series, stored),
        check: (states) => ({ records: recordsOf(states as DriverStates) }),
      };
    },
  };
}

export const resumeCases: readonly BenchCase[] = [resumeCase('checkpoint'), resumeCase('replay')];
