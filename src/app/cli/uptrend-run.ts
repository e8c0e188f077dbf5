/** `uptrend run` and `uptrend backtest`: the production engine over closed bars. */
import { extname, join } from 'node:path';
import type { UptrendPayload } from '../../analysis/uptrend/payload.js';
import type { SimulatorOptions } from '../../backtest/uptrend-simulator.js';
import { TidewatchError } from '../../errors.js';
import { parseTimeframe, type Timeframe } from '../../market/timeframe.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { VERSION } from '../../platform/package.js';
import { buildUptrendReport } from '../report/uptrend/uptrend-report.js';
import { hasSample } from '../sample-import.js';
import { PayloadFile, type PayloadSink, PayloadStream } from '../uptrend/payload-file.js';
import { uptrendBelief } from '../uptrend/uptrend-belief.js';
import { recordUptrendRun } from '../uptrend/uptrend-run-record.js';
import type { UptrendRun } from '../uptrend/uptrend-service.js';
import { beliefLines } from './belief-text.js';
import type { CommandContext } from './command-context.js';
import { parseRange, parseWhole } from './flags.js';
import { plural } from './output.js';
import type { CommandResult } from './run-command.js';
import {
  eachTimeframe,
  type UptrendSelection,
  type UptrendSeriesFlags,
  uptrendConfigOf,
} from './uptrend-selection.js';
import { newestTable, simulationText, summaryText } from './uptrend-text.js';

export interface UptrendFlags extends UptrendSeriesFlags {
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
  readonly last?: string;
  readonly timeframes?: string;
  readonly simulate?: boolean;
  readonly feeBps?: string;
  readonly slippageBps?: string;
  readonly chart?: string;
}

interface RunRequest {
  readonly range: { readonly from: number | undefined; readonly to: number | undefined };
  readonly sink?: PayloadSink | undefined;
  readonly simulate?: SimulatorOptions | undefined;
  /** Newest payloads to keep. */
  readonly last?: number;
}

/** One series through the engine, with progress and the file of payloads. */
async function runSeries(
  context: CommandContext,
  { service, instrument, timeframe }: UptrendSelection,
  { range, sink, simulate, last = 0 }: RunRequest,
): Promise<UptrendRun & { newest: UptrendPayload[] }> {
  const progress = context.progress(`uptrend ${timeframe}`, 'bars');
  const newest: UptrendPayload[] = [];
  try {
    const run = await service.run({
      instrument,
      timeframe,
      ...range,
      config: uptrendConfigOf(context),
      signal: context.signal,
      ...(simulate === undefined ? {} : { simulate }),
      onProgress: (done, total) => progress.update(done, total),
      onPayload: (payload) => {
        sink?.write(payload);
        if (last > 0 && newest.push(payload) > 2 * last) newest.splice(0, newest.length - last);
      },
    });
    sink?.publish();
    return { ...run, newest: last === 0 ? [] : newest.slice(-last) };
  } catch (error) {
    sink?.discard();
    throw error;
  } finally {
    progress.stop();
  }
}

export async function runUptrendRun(
  context: CommandContext,
  file: string | undefined,
  flags: UptrendFlags,
): Promise<CommandResult> {
  const range = parseRange(flags.from, flags.to);
  const last = parseWhole(flags.last ?? '0', '--last', 0, 100_000);
  const streams = flags.out === '-';
  const out = streams ? undefined : flags.out;
  const stream = streams ? new PayloadStream(process.stdout) : undefined;
  // asked for the newest alone, it is written when the run is over
  const whole = stream !== undefined && last > 0 ? undefined : stream;
  const [run] = await eachTimeframe(context, file, flags, [], (selection) => {
    const sink = out === undefined ? whole : new PayloadFile(out);
    return runSeries(context, selection, { range, sink, last });
  });
  const { summary, newest } = run!;
  if (whole === undefined && stream !== undefined) {
    for (const payload of newest) stream.write(payload);
    stream.publish();
  }
  if (out !== undefined) context.keep(out);
  return {
    data: { ...summary, out: out ?? null, payloads: newest },
    text: [
      ...summaryText(context.style, summary),
      ...(newest.length > 0 ? [newestTable(context.style, newest)] : []),
      ...(out === undefined ? [] : [`${plural(summary.stepped, 'payload')} in ${out}`]),
    ].join('\n'),
    ...(summary.last_ts === null ? {} : { asOf: summary.last_ts }),
    printed: streams,
  };
}

export async function runUptrendBacktest(
  context: CommandContext,
  file: string | undefined,
  flags: UptrendFlags,
): Promise<CommandResult> {
  const range = parseRange(flags.from, flags.to);
  const timeframes = timeframesOf(flags);
  const simulate = flags.simulate
    ? {
        feeBps: parseBps(flags.feeBps ?? '10', '--fee-bps'),
        slippageBps: parseBps(flags.slippageBps ?? '5', '--slippage-bps'),
      }
    : undefined;
  const written: string[] = [];
  const runs = await eachTimeframe(context, file, flags, timeframes, async (selection) => {
    const { timeframe } = selection;
    const files: string[] = [];
    const payloads = flags.out === undefined ? undefined : join(flags.out, `${timeframe}.payloads.jsonl`);
    const sink = payloads === undefined ? undefined : new PayloadFile(payloads);
    const run = await runSeries(context, selection, { range, sink, simulate });
    if (flags.out !== undefined && payloads !== undefined) {
      const summary = join(flags.out, `${timeframe}.summary.json`);
      writeFileAtomic(summary, `${JSON.stringify(run.summary, null, 2)}\n`);
      files.push(payloads, summary);
      if (run.simulated !== null) files.push(writeEquity(join(flags.out, `${timeframe}.equity.jsonl`), run));
    }
    const { runs: store } = selection;
    const runId = store && recordUptrendRun(store, context.clock, run, range.from).run_id;
    if (flags.chart !== undefined) {
      const path = timeframes.length > 1 ? withTimeframe(flags.chart, timeframe) : flags.chart;
      writeFileAtomic(
        path,
        buildUptrendReport({
          run,
          config: uptrendConfigOf(context),
          sampleData: file === undefined && hasSample(context.home),
          generatedAt: context.clock.now(),
          version: VERSION,
          reproduce: reproduceOf(flags, file, selection),
        }),
      );
      files.push(path);
    }
    written.push(...files);
    if (written.length > 0) context.keep(written.join(', '));
    return { summary: run.summary, belief: uptrendBelief(run), files, runId: runId ?? null };
  });
  const newest = Math.max(...runs.map(({ summary }) => summary.last_ts ?? 0));
  return {
    data: {
      runs: runs.map(({ summary, belief, files, runId }) => ({
        ...summary,
        believability: belief,
        run_id: runId,
        files,
      })),
    },
    text: runs
      .map(({ summary, belief, files, runId }) =>
        [
          ...summaryText(context.style, summary),
          ...(summary.simulation === null ? [] : simulationText(summary.simulation)),
          ...(belief === null ? [] : beliefLines(belief)),
          ...files.map((path) => `Written ${path}`),
          ...(runId === null ? [] : [`Run ${runId}`]),
        ].join('\n'),
      )
      .join('\n\n'),
    ...(newest > 0 ? { asOf: newest } : {}),
  };
}

/** Equity at every close of the run, 1 at the start. */
function writeEquity(path: string, { simulated, trace, series }: UptrendRun): string {
  const sink = new PayloadFile(path);
  for (const [at, equity] of simulated!.equity.entries()) {
    sink.write({ ts: series.time[trace.row[at]!]!, equity });
  }
  sink.publish();
  return path;
}

function timeframesOf(flags: UptrendFlags): Timeframe[] {
  const list = flags.timeframes?.split(',').map((name) => parseTimeframe(name.trim())) ?? [];
  if (list.length > 0 && flags.tf !== undefined) {
    throw new TidewatchError('bad_parameter', '--tf and --timeframes exclude each other', {
      hint: 'leave one of them out',
    });
  }
  return [...new Set(list)];
}

function parseBps(value: string, name: string): number {
  const parsed = Number(value);
  if (value.trim() !== '' && parsed >= 0 && parsed <= 5000) return parsed;
  throw new TidewatchError('bad_parameter', `${name} "${value}" is not a number from 0 to 5000`, {
    hint: 'give basis points: 10 = 0.1 %',
    details: { parameter: name, value },
  });
}

function withTimeframe(path: string, timeframe: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${timeframe}${extension}`;
}

function reproduceOf(
  flags: UptrendFlags,
  file: string | undefined,
  { instrument, timeframe }: UptrendSelection,
): string {
  return [
    'tidewatch uptrend backtest',
    ...(file === undefined ? [`--symbol ${instrument}`] : [file]),
    `--tf ${timeframe}`,
    ...(flags.from === undefined ? [] : [`--from ${flags.from}`]),
    ...(flags.to === undefined ? [] : [`--to ${flags.to}`]),
    ...(flags.simulate ? [`--simulate --fee-bps ${flags.feeBps} --slippage-bps ${flags.slippageBps}`] : []),
    '--chart FILE',
  ].join(' ');
}
