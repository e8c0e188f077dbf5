/**
 * Has the lake changed? Names of lake files carry everything that decides what a reader sees, so a list of names is a
 * revision, also of what another process published. Listing costs about a millisecond for five years of months, so it
 * is done at most every tenth of a second; what this process writes itself is seen at once.
 */
import type { HomeLake } from '../home-lake.js';

const LISTED_MS = 100;

/** One listing of the files that can hold bars of a venue. */
export interface Listing {
  /** Differs when the files differ. */
  readonly key: string;
  /** Path → first and last ts inside, UTC ms. */
  readonly files: ReadonlyMap<string, { readonly tsMin: number; readonly tsMax: number }>;
}

export class LakeRevision {
  private readonly listings = new Map<string, { at: number; writes: number; listing: Listing }>();

  constructor(private readonly data: HomeLake) {}

  /** @param venue all of them when left out */
  async bars(venue = ''): Promise<Listing> {
    const known = this.listings.get(venue);
    const at = performance.now();
    const { writes } = this.data;
    if (known && known.writes === writes && at - known.at < LISTED_MS) return known.listing;
    const files = await this.data.lake.activeFiles('bars', venue === '' ? {} : { venue });
    const key = files.map(({ path }) => path).join('\n');
    const listing =
      known?.listing.key === key
        ? known.listing
        : { key, files: new Map(files.map(({ path, tsMin, tsMax }) => [path, { tsMin, tsMax }])) };
    this.listings.set(venue, { at, writes, listing });
    return listing;
  }
}

/** Earliest ts that files which came or went can hold; infinity when nothing changed. */
export function changedFrom(before: Listing, after: Listing): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const [one, other] of [
    [before, after],
    [after, before],
  ] as const) {
    for (const [path, { tsMin }] of one.files) {
      if (!other.files.has(path)) earliest = Math.min(earliest, tsMin);
    }
  }
  return earliest;
}
