/**
 * The bars of a venue, window by window, as sure as they can be had.
 *
 * A window that comes complete is believed. One with holes is not: venues answer empty, short and stale pages while the
 * bars exist. Such a hole is asked again on its own, with the bars on both sides of it; an answer that lacks a bar known
 * to exist says nothing about the hole. Two answers in a row that hold the known bars and nothing new make a hole real;
 * where no bar is known nearby, three. What is confirmed so is remembered and not asked again. The newest minutes are
 * another matter: a cache answers the same stale page as often as it is asked. They are confirmed by a newer bar to the
 * right of them, or when they are old enough that no cache holds them back any more.
 *
 * Windows are asked for ahead of time, several at once, and handed on in order; what the venue's budget allows is the
 * limit. A page that lies wholly outside its window means that the venue's cursor is stuck.
 */
import { TidewatchError } from '../../errors.js';
import type { Instrument } from '../../market/instrument.js';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import { type TimeSpan, withoutSpans } from '../lake/confirmed-gaps.js';
import { CandleColumns } from '../venues/candle-columns.js';
import { addCounts, type CandlePage, type PageCounts, pageOf, type Window } from '../venues/candle-page.js';
import type { Venue } from '../venues/venue.js';

export interface Stretch {
  readonly window: TimeSpan;
  /** Final bars in the window, ascending. */
  readonly columns: CandleColumns;
  /** Parts of the window where the venue has no bar, confirmed. */
  readonly absent: readonly TimeSpan[];
  readonly counts: PageCounts;
  /** Answers of the venue that it took. */
  readonly pages: number;
}

export interface StretchOptions {
  /** Windows asked for at once. */
  readonly ahead?: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether a bar with this open time is known to exist (stored already). */
  readonly isKnown?: (time: number) => boolean;
  /** The venue's clock: what is younger than FRESH_MS then is absent only when a newer bar has come. */
  readonly now?: number;
  /** Told when so many windows in a row were empty that the rest is not asked for: where that begins. */
  readonly onDormant?: (from: number) => void;
}

/** Windows asked for at once by one series. */
const AHEAD = 4;
/** Answers about one hole at most; what is then still open stays open. */
const MOST_ANSWERS = 10;
const ANCHORED_ANSWERS = 2;
const LONE_ANSWERS = 3;
const MOST_STRAYS = 5;
/** Empty windows in a row after which a market counts as not trading (pipelines spec §7). */
export const MOST_EMPTY = 50;
/** Caches of venues have been seen ten minutes behind. */
export const FRESH_MS = 15 * 60_000;

export async function* candleStretches(
  venue: Venue,
  instrument: Instrument,
  timeframe: Timeframe,
  spans: readonly TimeSpan[],
  options: StretchOptions = {},
): AsyncGenerator<Stretch> {
  const { signal, ahead = AHEAD, isKnown = () => false } = options;
  const step = TIMEFRAME_MS[timeframe];
  const freshFrom = options.now === undefined ? Number.POSITIVE_INFINITY : options.now - FRESH_MS;
  const reader = new WindowReader(venue, instrument, timeframe, freshFrom, signal);
  const windows = windowsOf(spans, reader.pageBars * step, step);
  const pending: { window: Window; page: Promise<CandlePage> }[] = [];
  const launch = (): void => {
    while (pending.length < ahead) {
      const next = windows.next();
      if (next.done) return;
      const page = reader.ask(next.value);
      page.catch(() => undefined); // awaited below, in its turn
      pending.push({ window: next.value, page });
    }
  };
  let newest = Number.NaN;
  let empty = 0;
  for (launch(); pending.length > 0; launch()) {
    const { window, page } = pending.shift()!;
    signal?.throwIfAborted();
    const known = (time: number): boolean => time === newest || isKnown(time);
    const stretch = await reader.settle(window, await page, known);
    if (stretch.columns.length > 0) newest = stretch.columns.time[stretch.columns.length - 1]!;
    empty = stretch.columns.length > 0 ? 0 : empty + 1;
    yield stretch;
    if (empty >= MOST_EMPTY) {
      const rest = pending[0]?.window ?? windows.next().value;
      if (rest !== undefined) options.onDormant?.(rest.from);
      return;
    }
  }
}

/** Spans cut into windows of a page, on the grid. */
function* windowsOf(spans: readonly TimeSpan[], length: number, step: number): Generator<Window, undefined> {
  for (const span of spans) {
    const end = Math.floor(span.to / step) * step;
    for (let from = Math.ceil(span.from / step) * step; from < end; from += length) {
      yield { from, to: Math.min(from + length, end) };
    }
  }
}

class WindowReader {
  private readonly step: number;

  constructor(
    private readonly venue: Venue,
    private readonly instrument: Instrument,
    private readonly timeframe: Timeframe,
    /** Holes that end after this are absent only to the left of a bar. */
    private readonly freshFrom: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.step = TIMEFRAME_MS[timeframe];
  }

  get pageBars(): number {
    return this.venue.capabilitiesOf(this.instrument).candles?.pageBars ?? 1;
  }

  ask(window: Window): Promise<CandlePage> {
    return this.venue.candles(this.instrument, this.timeframe, window, this.signal);
  }

  /** Asks again until the window is complete or its holes are confirmed. */
  async settle(window: Window, first: CandlePage, isKnown: (time: number) => boolean): Promise<Stretch> {
    const counts = { ...first.counts };
    let columns = first.columns;
    let pages = 1;
    let strays = isStray(first) ? 1 : 0;
    let agreeing = 0;
    for (;;) {
      const holes = this.holes(window, columns);
      if (holes.length === 0) return { window, columns, absent: [], counts, pages };
      if (pages > MOST_ANSWERS) {
        // the venue contradicts itself: what came is kept, the rest is a gap to be repaired another time
        return { window, columns, absent: [], counts, pages };
      }
      const question = this.around(window, holes, columns, isKnown);
      const answer = await this.ask(question);
      pages += 1;
      addCounts(counts, { ...answer.counts, outside: 0 });
      if (isStray(answer)) {
        strays += 1;
        agreeing = 0;
        if (strays >= MOST_STRAYS) throw this.stuck(window);
        continue;
      }
      const before = columns.length;
      const isQualified = this.holdsKnown(question, answer, columns, isKnown);
      columns = this.united(window, columns, answer.columns);
      if (columns.length > before) agreeing = 0;
      else if (isQualified) agreeing += 1;
      const isAnchored = columns.length > 0 || isKnown(question.from);
      if (agreeing >= (isAnchored ? ANCHORED_ANSWERS : LONE_ANSWERS)) {
        return { window, columns, absent: this.believed(window, columns, isKnown), counts, pages };
      }
    }
  }

  private holes(window: Window, { time, length }: CandleColumns): readonly TimeSpan[] {
    if (length === (window.to - window.from) / this.step) return [];
    const present: TimeSpan[] = [];
    for (let row = 0; row < length; row += 1) {
      const [from, to] = [time[row]!, time[row]! + this.step];
      const last = present.at(-1);
      if (last?.to === from) present[present.length - 1] = { from: last.from, to };
      else present.push({ from, to });
    }
    return withoutSpans(window, present);
  }

  /** Holes that repeated answers make real. */
  private believed(
    window: Window,
    columns: CandleColumns,
    isKnown: (time: number) => boolean,
  ): readonly TimeSpan[] {
    const newest = columns.length > 0 ? columns.time[columns.length - 1]! : Number.NEGATIVE_INFINITY;
    const old = Math.floor(this.freshFrom / this.step) * this.step;
    return this.holes(window, columns)
      .map(({ from, to }) => (newest >= to || isKnown(to) ? { from, to } : { from, to: Math.min(to, old) }))
      .filter(({ from, to }) => to > from);
  }

  /** The smallest window with all holes and a known bar on either side of them, within a page. */
  private around(
    window: Window,
    holes: readonly TimeSpan[],
    columns: CandleColumns,
    isKnown: (time: number) => boolean,
  ): Window {
    const most = this.pageBars * this.step;
    let from = holes[0]!.from;
    let to = holes.at(-1)!.to;
    // a bar before the window is good as an anchor too, when it is known and there is room for it
    const hasLeft = from > window.from ? columns.length > 0 : isKnown(from - this.step);
    if (hasLeft && to - from + this.step <= most) from -= this.step;
    const hasRight = to < window.to || isKnown(to);
    if (hasRight && to - from + this.step <= most) to += this.step;
    return { from, to };
  }

  private holdsKnown(
    question: Window,
    { columns: answer }: CandlePage,
    columns: CandleColumns,
    isKnown: (time: number) => boolean,
  ): boolean {
    const came = new Set(answer.cut('time'));
    for (const time of columns.cut('time')) {
      if (time >= question.from && time < question.to && !came.has(time)) return false;
    }
    for (const time of [question.from, question.to - this.step]) {
      if (isKnown(time) && !came.has(time)) return false;
    }
    return true;
  }

  /** Both, of one open time the later answer, inside the window only. */
  private united(window: Window, before: CandleColumns, answer: CandleColumns): CandleColumns {
    const both = new CandleColumns(before.length + answer.length);
    both.append(before);
    both.append(answer);
    return pageOf(both, window, this.step).columns;
  }

  private stuck(window: Window): TidewatchError {
    return new TidewatchError(
      'cursor_stuck',
      `${this.venue.id} · asked for ${this.instrument.symbol} ${this.timeframe} from ` +
        `${new Date(window.from).toISOString()}, it answers another time ${MOST_STRAYS} times in a row`,
      {
        hint: 'run it again later: it goes on where it stopped',
        details: { venue: this.venue.id, instrument: this.instrument.id, from: window.from },
      },
    );
  }
}

/** Rows came, and none of them was asked for. */
function isStray({ columns, counts }: CandlePage): boolean {
  return columns.length === 0 && counts.outside > 0;
}
