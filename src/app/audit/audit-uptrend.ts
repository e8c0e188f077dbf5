/**
 * How far an uptrend backtest can be believed: made again, its bars cut at many moments, its costs raised, its fills made
 * late, with intervals of what the trades on its flags earned. A run without simulated trades is judged by those that the
 * simulator would make with its usual costs.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { uptrendConfig } from '../../analysis/uptrend/profile.js';
import {
  figureIntervals,
  type PeriodReturns,
  sensitivityRow,
} from '../../backtest/believability/bar-returns.js';
import type { Finding } from '../../backtest/believability/finding.js';
import { type AuditOptions, auditOfBars, type RunAudit } from '../../backtest/believability/run-audit.js';
import { COST_FACTORS, DELAYS } from '../../backtest/believability/sensitivity-row.js';
import { backtestUptrend } from '../../backtest/uptrend-backtest.js';
import {
  DEFAULT_FEE_BPS,
  DEFAULT_SLIPPAGE_BPS,
  type SimulatorOptions,
  simulateUptrend,
} from '../../backtest/uptrend-simulator.js';
import { delayedTrace, TRACE_NUMBERS, type UptrendTrace } from '../../backtest/uptrend-trace.js';
import { Random } from '../../market/random.js';
import { type Series, slice } from '../../market/series.js';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { RunManifest } from '../regime/run-store.js';
import type { Services } from '../services.js';
import { holdingOf, periodsOf } from '../uptrend/uptrend-belief.js';
import { uptrendRunAgain } from '../uptrend/uptrend-run-record.js';
import { UptrendService } from '../uptrend/uptrend-service.js';

/** Checks a stored run against the lake; both stay as they are. */
export async function auditUptrendRun(
  { data, clock }: Services,
  manifest: RunManifest,
  options: AuditOptions,
): Promise<RunAudit> {
  const total = options.points + 3;
  let done = 0;
  const step = async (what: string): Promise<void> => {
    options.onStep(done, total, what);
    done += 1;
    await breathe();
    options.signal.throwIfAborted();
  };
  await step('again');
  const { run, findings: replayed } = await uptrendRunAgain(new UptrendService(data.lake, clock), manifest);
  const { trace, summary, bars: series } = run;
  const findings: Finding[] = [...replayed, ...missingBars(series)];
  const config = uptrendConfig(summary.profile);
  const columns = new Set<string>();
  for (const at of cutRows(trace, options)) {
    await step('truncation');
    const cut = await backtestUptrend(slice(series, 0, trace.row[at]! + 1), {
      start: summary.first_ts ?? undefined,
      config,
      clock,
      signal: options.signal,
    });
    for (const finding of traceDifferences(series, trace, cut.trace, at)) {
      if (columns.has(finding.column)) continue;
      columns.add(finding.column);
      findings.push(finding);
    }
  }
  await step('costs and delay');
  const usual = {
    feeBps: summary.simulation?.fee_bps ?? DEFAULT_FEE_BPS,
    slippageBps: summary.simulation?.slippage_bps ?? DEFAULT_SLIPPAGE_BPS,
  };
  const play = (walked: UptrendTrace, simulate: SimulatorOptions): PeriodReturns =>
    periodsOf(series, trace, simulateUptrend(series, walked, simulate).equity);
  const costs = COST_FACTORS.map((times) =>
    sensitivityRow(
      times,
      play(trace, { feeBps: times * usual.feeBps, slippageBps: times * usual.slippageBps }),
    ),
  );
  const delays = DELAYS.map((late) => sensitivityRow(late, play(delayedTrace(trace, late), usual)));
  await step('intervals');
  const intervals = figureIntervals(play(trace, usual), holdingOf(series, trace), options);
  return auditOfBars({ findings, intervals, costs, delays });
}

/** Spread over the run, a little off the grid. */
function cutRows({ length }: UptrendTrace, { points, seed }: AuditOptions): number[] {
  const random = new Random(seed);
  const rows = Array.from({ length: points }, (_, point) =>
    Math.min(length - 1, Math.floor(((point + random.uniform()) / points) * length)),
  );
  return [...new Set(rows)];
}

/** Columns of the trace that differ up to a row once the bars after it are gone. */
function traceDifferences(series: Series, whole: UptrendTrace, cut: UptrendTrace, last: number): Finding[] {
  const day = (at: number): string => new Date(series.time[whole.row[at]!]!).toISOString();
  const named: [string, (trace: UptrendTrace, at: number) => number | null][] = [
    ['state', (trace, at) => trace.state[at] ?? null],
    ['flags', (trace, at) => trace.flags[at] ?? null],
    ...TRACE_NUMBERS.map((name): [string, (trace: UptrendTrace, at: number) => number | null] => [
      name,
      (trace, at) => trace.numbers[name][at] ?? null,
    ]),
  ];
  return named.flatMap(([name, read]) => {
    for (let at = 0; at <= last; at += 1) {
      const [value, other] = [read(whole, at), at < cut.length ? read(cut, at) : null];
      if (Object.is(value, other)) continue;
      return [
        {
          audit: 'truncation' as const,
          severity: 'fault' as const,
          column: `payload.${name}`,
          first_date: day(at),
          value,
          other,
          cause: `a later bar changes it (cut after ${day(last)})`,
        },
      ];
    }
    return [];
  });
}

/** Bars that the grid of the timeframe has and the series lacks. */
export function missingBars({ time, length, timeframe, instrument }: Series): Finding[] {
  if (length < 2) return [];
  const due = Math.round((time[length - 1]! - time[0]!) / TIMEFRAME_MS[timeframe]) + 1;
  const missing = due - length;
  if (missing <= 0) return [];
  let first = 1;
  while (time[first]! - time[first - 1]! <= TIMEFRAME_MS[timeframe]) first += 1;
  return [
    {
      audit: 'data',
      severity: 'warning',
      column: 'bars.ts',
      first_date: new Date(time[first - 1]! + TIMEFRAME_MS[timeframe]).toISOString(),
      value: missing,
      other: due,
      cause: `${((100 * missing) / due).toFixed(2)} % of the bars of ${instrument} ${timeframe} are missing`,
    },
  ];
}
