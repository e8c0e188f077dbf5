/**
 * How far a walk-forward can be believed: made again from nothing, made on bars that end earlier (every row up to there must
 * stay what it was), its rule with higher costs and late trades, with intervals of what the rule earned.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import {
  exposure,
  nextReturns,
  performance,
  type RuleName,
} from '../../analysis/models/walk-forward/economic-value.js';
import type { Finding } from '../../backtest/believability/finding.js';
import { type AuditOptions, auditOfBars, type RunAudit } from '../../backtest/believability/run-audit.js';
import { COST_FACTORS, DELAYS } from '../../backtest/believability/sensitivity-row.js';
import { type Cell, tableDifferences } from '../../backtest/believability/table-difference.js';
import { Random } from '../../market/random.js';
import type { Series } from '../../market/series.js';
import type { RunManifest } from '../regime/run-store.js';
import { runWalkForward } from '../regime/walk-forward-run.js';
import type { Services } from '../services.js';
import { missingBars } from './audit-uptrend.js';
import { figureIntervals, type PeriodReturns, periodReturns, sensitivityRow } from './bar-returns.js';
import { inScratch, replayWalkForward, walkForwardRequest } from './replay-study.js';

/** Rows of states.csv as columns. */
interface States {
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, readonly Cell[]>>;
}

export async function auditWalkForward(
  services: Services,
  manifest: RunManifest,
  { workers, ...options }: AuditOptions & { readonly workers: number },
): Promise<RunAudit<never>> {
  const { signal, points, seed } = options;
  const total = points + 3;
  let done = 0;
  const step = async (what: string): Promise<void> => {
    options.onStep(done, total, what);
    done += 1;
    await breathe();
    signal.throwIfAborted();
  };
  await step('again');
  const request = walkForwardRequest(manifest);
  const { again, findings: replayed } = await replayWalkForward(services, manifest, { workers, signal });
  const whole = statesOf(again.statesCsv);
  const { first_ts: from, last_ts: last, instrument_id, timeframe } = manifest.data;
  const { series } = await services.regimes.bars(instrument_id, timeframe, { from, to: last + 1 });
  const findings: Finding[] = [...replayed, ...missingBars(series)];
  const columns = new Set<string>();
  for (const at of cutRows(whole.keys.length, points, seed)) {
    await step('truncation');
    const lastBar = Date.parse(whole.keys[at]!);
    const cut = await inScratch(services, (scratch) =>
      runWalkForward(scratch, request, { workers, signal, lastBar }),
    );
    for (const difference of stateDifferences(whole, statesOf(cut.statesCsv), at)) {
      if (columns.has(difference.column)) continue;
      columns.add(difference.column);
      findings.push(difference);
    }
  }
  await step('costs and delay');
  const { rule, costBps } = request.plan;
  const { play, holding } = ruleOn(series, whole, rule);
  const costs = COST_FACTORS.map((times) => sensitivityRow(times, play(times * costBps, 0)));
  const delays = DELAYS.map((late) => sensitivityRow(late, play(costBps, late)));
  await step('intervals');
  const intervals = figureIntervals(play(costBps, 0), holding(costBps), options);
  return auditOfBars({ findings, intervals, costs, delays });
}

/** `ts,available_at,fold,regime,label,p_0,…`: no field holds a comma. */
function statesOf(csv: string): States {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const [, ...names] = header.split(',');
  const rows = lines.map((line) => line.split(','));
  return {
    keys: rows.map(([ts]) => ts!),
    columns: Object.fromEntries(names.map((name, at) => [name, rows.map((row) => row[at + 1] ?? null)])),
  };
}

/** Rows to end at: none so early that there is next to nothing before it. */
function cutRows(rows: number, points: number, seed: number): number[] {
  const random = new Random(seed);
  const first = Math.floor(rows / 10);
  const span = rows - first;
  const chosen = Array.from({ length: points }, (_, point) =>
    Math.min(rows - 2, first + Math.floor(((point + random.uniform()) / points) * span)),
  );
  return [...new Set(chosen.filter((row) => row > 0))];
}

/** A state that only begins later has no column yet when the bars end before it: then it was 0. */
function stateDifferences(whole: States, cut: States, last: number): Finding[] {
  const zeros = cut.keys.map((): Cell => '0');
  const found = {
    keys: cut.keys,
    columns: Object.fromEntries(Object.keys(whole.columns).map((name) => [name, cut.columns[name] ?? zeros])),
  };
  const expected = {
    keys: whole.keys.slice(0, last + 1),
    columns: Object.fromEntries(
      Object.entries(whole.columns).map(([name, cells]) => [name, cells.slice(0, last + 1)]),
    ),
  };
  return tableDifferences({ states: expected }, { states: found }).map((difference) => ({
    audit: 'truncation',
    severity: 'fault',
    column: `states.${difference.column}`,
    first_date: difference.first,
    value: difference.expected,
    other: difference.found,
    cause: `later bars change it (ended at ${whole.keys[last]}, ${difference.differing} of ${difference.compared} rows)`,
  }));
}

/** The rule of a walk-forward on the labels that were shown, at other costs and later. */
function ruleOn(series: Series, states: States, rule: RuleName) {
  const place = new Map(Array.from(series.time, (ts, at) => [ts, at]));
  const time = Float64Array.from(states.keys, (key) => Date.parse(key));
  const close = Array.from(time, (ts) => series.close[place.get(ts)!]!);
  const logs = Float64Array.from(close, (value, row) =>
    row === 0 ? Number.NaN : Math.log(value / close[row - 1]!),
  );
  const next = nextReturns(logs);
  const wanted = states.columns.label!.map((label) => exposure(String(label), rule));
  const earned = (position: readonly number[], costBps: number): PeriodReturns => {
    const equity = new Float64Array(next.length);
    let log = 0;
    performance(position, next, { costBps, barsPerYear: 1 }, (net, bar) => {
      log += net;
      equity[bar] = Math.exp(log);
    });
    return periodReturns(equity, time.subarray(1), series.timeframe);
  };
  return {
    play: (costBps: number, late: number): PeriodReturns =>
      earned([...new Array<number>(late).fill(0), ...wanted], costBps),
    holding: (costBps: number): PeriodReturns =>
      earned(
        wanted.map(() => 1),
        costBps,
      ),
  };
}
