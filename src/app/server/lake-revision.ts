/**
 * Has the lake changed? Names of lake files carry everything that decides what a reader sees, so a list of names is a
 * revision, also of what another process published. Listing costs about a millisecond for five years of months, so it
 * is done at most every tenth of a second, for who looks all the time more seldom; what this process writes itself is
 * seen at once. Bars that a feed of this
 * process has in memory count per instrument, so a bar of one market leaves what is known of the others alone.
 */
import { parseInstrument } from '../../market/instrument.js';
import type { HomeLake } from '../home-lake.js';

const LISTED_MS = 100;

/** One listing of the files that can hold bars of a venue. */
export interface Listing {
  /** Differs when the files differ. */
  readonly key: string;
  /** Path → first and last ts inside, UTC ms. */
  readonly files: ReadonlyMap<string, Reach>;
  /** Name of a bar in memory → its ts. */
  readonly fresh: ReadonlyMap<string, Reach>;
}

interface Reach {
  readonly tsMin: number;
  readonly tsMax: number;
}

const NOTHING: ReadonlyMap<string, Reach> = new Map();

export class LakeRevision {
  private readonly listings = new Map<
    string,
    { at: number; writes: number; paths: string; listing: Listing }
  >();
  private readonly ofInstruments = new Map<string, { revision: number; files: Listing; listing: Listing }>();
  private numbers = 0;

  constructor(private readonly data: HomeLake) {}

  /** @param venue all of them when left out */
  async bars(venue = '', listedMs = LISTED_MS): Promise<Listing> {
    const known = this.listings.get(venue);
    const at = performance.now();
    const { writes } = this.data;
    if (known && known.writes === writes && at - known.at < listedMs) return known.listing;
    const files = await this.data.lake.activeFiles('bars', venue === '' ? {} : { venue });
    const paths = files.map(({ path }) => path).join('\n');
    const listing =
      known?.paths === paths
        ? known.listing
        : {
            key: String(++this.numbers),
            files: new Map(files.map(({ path, tsMin, tsMax }) => [path, { tsMin, tsMax }])),
            fresh: NOTHING,
          };
    this.listings.set(venue, { at, writes, paths, listing });
    return listing;
  }

  /**
   * True when `of` would answer with this key without looking at the disk.
   * @param instrument in its canonical form
   */
  isCurrent(instrument: string, key: string, listedMs = LISTED_MS): boolean {
    const listed = this.listings.get(instrument.slice(0, instrument.indexOf(':')));
    if (!listed || listed.writes !== this.data.writes) return false;
    if (performance.now() - listed.at >= listedMs) return false;
    const revision = this.data.lake.fresh.revision(instrument);
    return key === (revision === 0 ? listed.listing.key : `${listed.listing.key}+${revision}`);
  }

  /**
   * What can hold bars of an instrument: the files of its venue and its bars in memory.
   * @param listedMs how old a listing of the files may be
   */
  async of(instrument: string, listedMs = LISTED_MS): Promise<Listing> {
    // memory first: a bar that lands meanwhile is then in both, never in neither
    const { fresh } = this.data.lake;
    const revision = fresh.revision(instrument);
    const known = this.ofInstruments.get(instrument);
    const isSame = known?.revision === revision;
    const entries = isSame ? known.listing.fresh : fresh.entries(instrument);
    const files = await this.bars(parseInstrument(instrument).venue, listedMs);
    if (revision === 0) return files;
    if (isSame && known.files === files) return known.listing;
    const listing = { key: `${files.key}+${revision}`, files: files.files, fresh: entries };
    this.ofInstruments.set(instrument, { revision, files, listing });
    return listing;
  }
}

/** Earliest ts that files and bars which came or went can hold; infinity when nothing changed. */
export function changedFrom(before: Listing, after: Listing): number {
  return Math.min(earliestOf(before.files, after.files), earliestOf(before.fresh, after.fresh));
}

function earliestOf(before: ReadonlyMap<string, Reach>, after: ReadonlyMap<string, Reach>): number {
  if (before === after) return Number.POSITIVE_INFINITY;
  let earliest = Number.POSITIVE_INFINITY;
  for (const [one, other] of [
    [before, after],
    [after, before],
  ] as const) {
    for (const [path, { tsMin }] of one) if (!other.has(path)) earliest = Math.min(earliest, tsMin);
  }
  return earliest;
}
