/**
 * Bars of one instrument out of the lake, at any timeframe: which stored bars answer, over which span they reach, and
 * how they become the wanted ones (the rules are in stored-series.ts).
 */
import { Resampler } from '../../market/resample.js';
import { bucketOpen, TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import { BucketQuery } from './bucket-query.js';
import type { Block } from './column-cache.js';
import { type LakeFile, listActive, listFolders } from './lake-file.js';
import { intersects, overlapGroups } from './part-name.js';
import { askListed, checkFiles, type OnCorrupt } from './reading.js';
import {
  chooseBase,
  closeBuckets,
  nativeSeries,
  noBars,
  OHLCV,
  type SeriesRequest,
  type Span,
  type StoredSeries,
  streamInto,
  widen,
} from './stored-series.js';
import { filterOf, type SubjectColumns, type SubjectColumnsParts, venueOf } from './subject-columns.js';

export class InstrumentBars {
  private readonly buckets: BucketQuery;

  constructor(
    private readonly parts: SubjectColumnsParts,
    private readonly columns: SubjectColumns,
  ) {
    this.buckets = new BucketQuery(parts.session);
  }

  /** Files that nobody lists any more. */
  forget(paths: readonly string[]): void {
    this.buckets.forget(paths);
  }

  /**
   * Bars of an instrument, stored or derived, never a mixture.
   * @throws TidewatchError `no_data` when nothing is stored, `corrupt_file`
   */
  async series(instrument: string, timeframe: Timeframe, request: SeriesRequest = {}): Promise<StoredSeries> {
    const onCorrupt = request.onCorrupt ?? 'fail';
    const stored = this.storedTimeframes(instrument);
    const usable = stored.filter((candidate) => candidate === timeframe || candidate === '1m');
    // with one candidate there is nothing to weigh; whether it holds the instrument shows when it is read
    const base =
      stored.length === 1 && usable.length === 1
        ? usable[0]
        : await chooseBase(timeframe, stored, (candidate) => this.span(instrument, candidate, onCorrupt));
    if (base === undefined) throw noBars(instrument, timeframe);
    const answer =
      base === timeframe
        ? await this.nativeBars(instrument, timeframe, request)
        : await this.derivedBars(instrument, base, timeframe, request);
    if (answer.series.length === 0 && !(await this.span(instrument, base, onCorrupt))) {
      throw noBars(instrument, timeframe);
    }
    return answer;
  }

  /** First and last stored ts; undefined when there is none. Reads files from the edges inward only. */
  async span(
    instrument: string,
    timeframe: string,
    onCorrupt: OnCorrupt = 'fail',
  ): Promise<Span | undefined> {
    const filter = filterOf('bars', { subject: instrument, timeframe });
    const list = (): readonly LakeFile[] => listActive(this.parts.root, 'bars', filter);
    const fresh = this.parts.fresh.span(instrument, timeframe);
    return askListed(list, async (files) => {
      const firstTs = await this.edge(files, instrument, 'first', onCorrupt);
      const lastTs =
        firstTs === undefined ? undefined : await this.edge(files, instrument, 'last', onCorrupt);
      if (firstTs === undefined || lastTs === undefined) return fresh;
      return fresh === undefined
        ? { firstTs, lastTs }
        : { firstTs: Math.min(firstTs, fresh.firstTs), lastTs: Math.max(lastTs, fresh.lastTs) };
    });
  }

  /** Timeframes under which bars of the instrument's venue lie. */
  private storedTimeframes(instrument: string): Timeframe[] {
    const venue = venueOf(instrument);
    const found = new Set<string>(this.parts.fresh.of(instrument).keys());
    for (const { timeframe } of listFolders(this.parts.root, 'bars', { venue })) found.add(timeframe);
    return TIMEFRAMES.filter((timeframe) => found.has(timeframe));
  }

  /** Smallest or largest ts of the instrument: opens files from that edge until no other can hold a further one. */
  private async edge(
    files: readonly LakeFile[],
    instrument: string,
    side: 'first' | 'last',
    onCorrupt: OnCorrupt,
  ): Promise<number | undefined> {
    const sign = side === 'first' ? 1 : -1;
    const reach = (file: LakeFile): number => sign * (side === 'first' ? file.tsMin : file.tsMax);
    const sorted = [...files].sort((a, b) => reach(a) - reach(b));
    let best = Number.POSITIVE_INFINITY;
    for (let at = 0, batch = 1; at < sorted.length && reach(sorted[at]!) < best; at += batch, batch *= 8) {
      const { intact } = await checkFiles(this.parts.checksums, sorted.slice(at, at + batch), onCorrupt);
      const blocks = await this.parts.reader.blocks('bars', intact, instrument, []);
      for (const { ts } of blocks) {
        const time = side === 'first' ? ts[0] : ts[ts.length - 1];
        if (time !== undefined) best = Math.min(best, sign * time);
      }
    }
    return best === Number.POSITIVE_INFINITY ? undefined : sign * best;
  }

  private async nativeBars(
    instrument: string,
    timeframe: Timeframe,
    { from, to, onCorrupt }: SeriesRequest,
  ): Promise<StoredSeries> {
    const answer = await this.columns.read('bars', {
      subject: instrument,
      timeframe,
      columns: [...OHLCV, 'partial', 'coverage_pct'],
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(onCorrupt === undefined ? {} : { onCorrupt }),
    });
    return nativeSeries(instrument, timeframe, answer.ts, answer.columns, answer.skipped);
  }

  private async derivedBars(
    instrument: string,
    base: Timeframe,
    wanted: Timeframe,
    request: SeriesRequest,
  ): Promise<StoredSeries> {
    const range = widen(wanted, request);
    const filter = filterOf('bars', { subject: instrument, timeframe: base, ...range });
    const onCorrupt = request.onCorrupt ?? 'fail';
    const fresh = this.columns.freshBlock(instrument, base, OHLCV, range.from, range.to);
    // the bucket of the first fresh bar and what follows go through arrays, where fresh bars can be put in
    const edge = fresh === undefined ? range.to : Math.max(range.from, bucketOpen(fresh.ts[0]!, wanted));
    return this.columns.files('bars', filter, onCorrupt, async (files, skipped) => {
      const old = { from: range.from, to: edge };
      const oldFiles = files.filter((file) => intersects(file, old.from, old.to));
      const plain = overlapGroups(oldFiles).every((group) => group.length === 1);
      const resampler = new Resampler(instrument, base, wanted);
      const push = async (within: typeof range, rows?: Block): Promise<void> => {
        const parts = files.filter((file) => intersects(file, within.from, within.to));
        const { ts, columns } = await this.columns.byBlocks(
          'bars',
          parts,
          instrument,
          OHLCV,
          within.from,
          within.to,
          rows,
        );
        const { open, high, low, close, volume } = columns;
        resampler.push(ts, open!, high!, low!, close!, volume!, ts.length);
      };
      if (oldFiles.length === 0 || !plain || this.parts.reader.has(oldFiles, instrument, OHLCV))
        await push(old);
      else if (!(await this.buckets.fill(resampler, oldFiles, instrument, wanted, old))) {
        await streamInto(resampler, this.parts.session, oldFiles, instrument, old);
      }
      if (fresh !== undefined) await push({ from: edge, to: range.to }, fresh);
      const newest = async (): Promise<number | undefined> =>
        (await this.span(instrument, base, onCorrupt))?.lastTs;
      const { series, bars, complete } = await closeBuckets(resampler, request, base, wanted, newest);
      return { series, bars, complete, kind: 'derived', base, skipped };
    });
  }
}
