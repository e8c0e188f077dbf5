/**
 * Bars that another process wrote or corrected long after their close, for a follower to whom they were told or passed
 * over: a feed of this process says which those are, of another one only its parts can tell. A part whose name reaches
 * back is read, as far as it reaches, for rows that were taken in since the look before. Merged files say nothing new.
 *
 * Known limits: what lies further back than 500 bars or two weeks, whichever is longer, is not looked for; nor is a part
 * that was merged before anybody looked, which takes a close of an hour within half a second.
 */

import type { Lake } from '../../data/lake/lake.js';
import { INGESTED_AT } from '../../data/lake/merge-blocks.js';
import { parsePartition, parsePartName } from '../../data/lake/part-name.js';
import { bucketOpen, TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.js';
import type { Listing } from './lake-revision.js';

const FURTHEST_BARS = 500;
const FURTHEST_MS = 14 * 86_400_000;
/** A row is stamped before its part can be seen. */
const STAMPED_MS = 120_000;

interface Look {
  readonly instrument: string;
  readonly timeframe: Timeframe;
  readonly before: Listing['files'];
  readonly after: Listing['files'];
  /** Our clock at the look before, UTC ms. */
  readonly since: number;
  /** Bars that opened before this are asked for; later ones are looked at anyhow. */
  readonly to: number;
}

/** Open times of bars of the timeframe that minutes or bars of new parts touch. */
export async function lateRows(lake: Lake, look: Look): Promise<ReadonlySet<number>> {
  const { instrument, timeframe, before, after, since, to } = look;
  const furthest = to - Math.max(FURTHEST_BARS * TIMEFRAME_MS[timeframe], FURTHEST_MS);
  const touched = new Set<number>();
  const reaches = new Map<Timeframe, { from: number; to: number }>();
  for (const [path, { tsMin, tsMax }] of after) {
    if (tsMin >= to || before.has(path)) continue;
    const at = path.lastIndexOf('/');
    const name = parsePartName(path.slice(at + 1));
    const finer = partitionOf(path.slice(0, at));
    if (name === undefined || name.seqLo !== name.seqHi || finer === undefined) continue;
    if (TIMEFRAME_MS[finer] > TIMEFRAME_MS[timeframe] || tsMax < furthest) continue;
    const known = reaches.get(finer);
    reaches.set(finer, {
      from: Math.max(furthest, Math.min(tsMin, known?.from ?? tsMin)),
      to: Math.min(to, Math.max(tsMax + 1, known?.to ?? 0)),
    });
  }
  for (const [finer, range] of reaches) {
    const { ts, columns } = await lake.columns('bars', {
      subject: instrument,
      timeframe: finer,
      ...range,
      columns: [INGESTED_AT],
      storedOnly: true,
    });
    const stamped = columns[INGESTED_AT]!;
    for (const [row, time] of ts.entries())
      if (stamped[row]! >= since - STAMPED_MS) touched.add(bucketOpen(time, timeframe));
  }
  return touched;
}

function partitionOf(folder: string): Timeframe | undefined {
  const found = /venue=[^/]+\/timeframe=[^/]+\/period=\d{4}-\d{2}$/.exec(folder);
  const timeframe = found ? parsePartition(found[0])?.timeframe : undefined;
  return timeframe !== undefined && timeframe in TIMEFRAME_MS ? (timeframe as Timeframe) : undefined;
}
