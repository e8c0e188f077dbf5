/** Several sets beside each other as one: columns in order, rows where all are defined. */
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { type FeatureCursor, type FeatureProgram, foreignSnapshot } from './feature-set.js';
import type { Market } from './feature-table.js';

/** @throws TidewatchError `bad_parameter` when two share a column name */
export function joinedFeatures(name: string, parts: readonly FeatureProgram[]): FeatureProgram {
  const features = parts.flatMap((part) => part.features);
  const names = features.map((feature) => feature.name);
  const twice = names.find((column, at) => names.indexOf(column) !== at);
  if (twice !== undefined) {
    throw new TidewatchError('bad_parameter', `${name} has two columns ${twice}`, {
      hint: 'join sets whose columns differ in name',
      details: { feature_set: name, column: twice },
    });
  }
  const cursors = parts.map((part) => part.cursor);
  return {
    name,
    features,
    needs: [...new Set(parts.flatMap((part) => part.needs))],
    compute: (inputs) => parts.flatMap((part) => part.compute(inputs)),
    ...(cursors.some((cursor) => cursor === undefined)
      ? {}
      : { cursor: (market: Market) => joinedCursor(cursors.map((cursor) => cursor!(market))) }),
  };
}

function joinedCursor(cursors: readonly FeatureCursor[]): FeatureCursor {
  const join = (values: readonly Float64Array[]): Float64Array =>
    Float64Array.from(values.flatMap((part) => [...part]));
  return {
    next: (bar) => join(cursors.map((cursor) => cursor.next(bar))),
    replaceLast: (bar) => join(cursors.map((cursor) => cursor.replaceLast(bar))),
    snapshot: () => cursors.map((cursor) => cursor.snapshot()),
    restore: (snapshot) => {
      const parsed = z.array(z.unknown()).length(cursors.length).safeParse(snapshot);
      if (!parsed.success) throw foreignSnapshot(parsed.error);
      cursors.forEach((cursor, at) => {
        cursor.restore(parsed.data[at]);
      });
    },
  };
}
