/** What `watch` knows of each instrument: asked when a bar has closed, the price whenever it is told. */

import { EXECUTION_TIMEFRAMES } from '../../analysis/drivers/execution-weights.js';
import { displaySymbol, parseInstrument } from '../../market/instrument.js';
import { barClose, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { LatestAnswer, PostureAnswer, UptrendExplainAnswer } from '../server/api-types.js';
import type { ServerMessage } from '../server/stream-messages.js';
import { flagsOf } from '../uptrend/payload-facts.js';
import { minute, number, renderTable, type Style, text } from './output.js';
import { flagWords, priceWords } from './uptrend-text.js';
import type { WatchSource } from './watch-source.js';

export interface WatchRow {
  readonly instrument_id: string;
  readonly timeframe: Timeframe;
  /** Add appetite and exit assertiveness of its bucket; null where no drivers are kept or no market cap is known. */
  posture: {
    readonly bucket: string;
    readonly a: number;
    readonly e: number;
    readonly coverage: number;
  } | null;
  /** Open of the newest closed bar, epoch ms; null without one. */
  ts: number | null;
  available_at: number | null;
  price: number | null;
  state: string | null;
  flags: readonly string[];
  since: number | null;
  bars_in_state: number | null;
  regime: { readonly model_id: string; readonly label: string; readonly probability: number } | null;
  stream: string;
}

/** A history that is filled while watching begins is none of the closes that are told; those on their way still are. */
const ON_THE_WAY_BARS = 2;

type StreamBars = Extract<ServerMessage, { type: 'bars' }>;

interface StreamStates {
  readonly running: boolean;
  readonly series: readonly { readonly instrument_id: string; readonly state: string }[];
  readonly left_out: readonly { readonly instrument_id: string }[];
}

export class WatchRows {
  readonly rows: readonly WatchRow[];

  constructor(
    private readonly source: WatchSource,
    instruments: readonly string[],
    private readonly timeframe: Timeframe,
  ) {
    this.rows = instruments.map((instrument_id) => ({
      instrument_id,
      timeframe,
      posture: null,
      ts: null,
      available_at: null,
      price: null,
      state: null,
      flags: [],
      since: null,
      bars_in_state: null,
      regime: null,
      stream: 'off',
    }));
  }

  async loadAll(): Promise<void> {
    for (const row of this.rows) await this.load(row);
    await this.loadStreams();
  }

  /** State and regime at the newest closed bar. */
  async load(row: WatchRow): Promise<void> {
    const { source, timeframe } = this;
    const subject = `symbol=${encodeURIComponent(row.instrument_id)}&timeframe=${timeframe}`;
    const [uptrend, regime, posture, last] = await Promise.all([
      source.get<UptrendExplainAnswer>(`/api/uptrend/explain?${subject}`),
      source.get<LatestAnswer>(`/api/hmm/latest?${subject}`),
      source.keepsDrivers && isExecution(timeframe)
        ? source
            .get<PostureAnswer>(
              `/api/drivers/ae?symbol=${encodeURIComponent(row.instrument_id)}&timeframe=${timeframe}`,
            )
            // prices go on while the store is away, which the server says in its health
            .catch(() => undefined)
        : undefined,
      source.get<{ close: number[]; last_ts: number }>(
        `/api/series/${encodeURIComponent(row.instrument_id)}/${timeframe}?last=2&points=10`,
      ),
    ]);
    if (last) {
      row.ts = last.last_ts;
      row.available_at = barClose(last.last_ts, timeframe);
      row.price = last.close.at(-1) ?? null;
    }
    if (uptrend) {
      row.state = uptrend.payload.state;
      row.flags = flagsOf(uptrend.payload);
      row.since = uptrend.since;
      row.bars_in_state = uptrend.bars_in_state;
    }
    row.posture = posture
      ? { bucket: posture.bucket_driver, a: posture.a, e: posture.e, coverage: posture.coverage }
      : null;
    row.regime = regime
      ? { model_id: regime.model_id, label: regime.label, probability: regime.probs[regime.regime]! }
      : null;
  }

  async loadStreams(): Promise<void> {
    const streams = await this.source.get<StreamStates>('/api/streams');
    for (const row of this.rows) {
      const found = streams?.series.find(({ instrument_id }) => instrument_id === row.instrument_id);
      row.stream = streams?.running ? (found?.state ?? 'not followed') : 'off';
    }
  }

  /** Takes bars in. @returns those that have closed since watching began, with their row; it is loaded anew */
  async take({ instrument_id, timeframe, bars }: StreamBars): Promise<readonly ClosedBar[]> {
    const row = this.rows.find((each) => each.instrument_id === instrument_id);
    if (row === undefined || timeframe !== this.timeframe) return [];
    row.price = bars.at(-1)?.close ?? row.price;
    const closed = bars.filter(({ final, timestamp }) => final && timestamp > (row.ts ?? 0));
    if (closed.length > 0) await this.load(row);
    const first = this.source.since - ON_THE_WAY_BARS * TIMEFRAME_MS[timeframe];
    return closed
      .filter(({ timestamp }) => barClose(timestamp, timeframe) > first)
      .map((bar) => ({ row, bar }));
  }
}

export interface ClosedBar {
  readonly row: WatchRow;
  readonly bar: StreamBars['bars'][number];
}

/** One line of NDJSON. */
export function closedJson({ row, bar }: ClosedBar, now: number): Record<string, unknown> {
  const { final: _final, timestamp: ts, ...values } = bar;
  const available_at = barClose(ts, row.timeframe);
  const isNewest = row.ts === ts;
  // of several bars at once only the newest has a state here
  const known = isNewest
    ? {
        state: row.state,
        flags: row.flags,
        since: row.since,
        bars_in_state: row.bars_in_state,
        regime: row.regime,
        posture: row.posture,
      }
    : { posture: null, state: null, flags: [], since: null, bars_in_state: null, regime: null };
  return {
    instrument_id: row.instrument_id,
    timeframe: row.timeframe,
    ts,
    available_at,
    ...values,
    ...known,
    age_ms: now - available_at,
    stream: row.stream,
  };
}

export function rowJson(row: WatchRow, now: number): Record<string, unknown> {
  return { ...row, age_ms: row.available_at === null ? null : now - row.available_at };
}

const regimeWords = ({ regime }: WatchRow): string =>
  regime === null ? 'no model' : `${regime.label} ${Math.round(100 * regime.probability)}%`;

/** `0.53/0.48`: add appetite, exit assertiveness; nothing where no channel is live and both are neutral. */
const postureWords = ({ posture }: WatchRow): string =>
  posture === null || posture.coverage === 0 ? 'none' : `${posture.a.toFixed(2)}/${posture.e.toFixed(2)}`;

const isExecution = (timeframe: Timeframe): boolean =>
  (EXECUTION_TIMEFRAMES as readonly string[]).includes(timeframe);

/** `12 s`, `5 min`, `3 h`, `2 d` */
function ageWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

const nameOf = ({ instrument_id }: WatchRow): string => {
  const instrument = parseInstrument(instrument_id);
  return `${displaySymbol(instrument)} ${instrument.venue}`;
};

/** Age of the newest closed bar; a bar that is more than one length overdue is said to be stale. */
function ageCell(row: WatchRow, now: number): string {
  if (row.available_at === null) return 'no data';
  const age = now - row.available_at;
  const isStale = age > 2 * TIMEFRAME_MS[row.timeframe] + 60_000;
  return isStale ? `${ageWords(age)} stale` : ageWords(age);
}

export function watchTable(rows: readonly WatchRow[], now: number, style: Style): string {
  return renderTable(
    [
      text('Instrument'),
      number('Price'),
      text('State'),
      number('Bars'),
      text('Flags'),
      text('Regime'),
      text('A/E'),
      number('Age'),
      text('Stream'),
    ],
    rows.map((row) => [
      nameOf(row),
      row.price === null ? '' : priceWords(row.price),
      row.state ?? 'none yet',
      row.bars_in_state === null ? '' : String(row.bars_in_state),
      flagWords(row.flags as never),
      regimeWords(row),
      postureWords(row),
      ageCell(row, now),
      row.stream,
    ]),
    style,
  );
}

/** One line per closed bar, where there is no terminal. */
export function closedLine({ row, bar }: ClosedBar): string {
  const isNewest = row.ts === bar.timestamp;
  const parts = [
    minute(bar.timestamp),
    nameOf(row),
    row.timeframe,
    priceWords(bar.close),
    ...(isNewest
      ? [
          row.state ?? 'no state',
          flagWords(row.flags as never),
          regimeWords(row),
          ...(row.posture ? [`A/E ${postureWords(row)}`] : []),
        ]
      : []),
    row.stream,
  ];
  return parts.filter((part) => part !== '').join('  ');
}
