/**
 * SQL relations over explicit file lists: never a glob, and the window that leaves one row per key only over files
 * whose ts ranges overlap (about twice the time of a plain scan).
 */
import { type Column, sqlType } from './dataset-shape.js';
import { type DatasetName, keyOf, shapeOf } from './datasets.js';
import type { LakeFile } from './lake-file.js';
import { overlapGroups } from './part-name.js';
import { rankSql } from './row-rank.js';
import { quote } from './session.js';

/** `read_parquet` of these files; parts of an older schema are read by column name. */
export function scan(
  files: readonly LakeFile[],
  options: { partitions?: boolean; filename?: boolean } = {},
): string {
  const list = files.map((file) => quote(file.path)).join(', ');
  const partitions = options.partitions
    ? "hive_partitioning = true, hive_types = {'venue': VARCHAR, 'timeframe': VARCHAR, 'period': VARCHAR}"
    : 'hive_partitioning = false';
  const filename = options.filename ? ', filename = true' : '';
  return `read_parquet([${list}], union_by_name = true, ${partitions}${filename})`;
}

/** Best row of each key, by finality, source, ingested_at; of equals, the one in the later file. */
export function winnersOf(dataset: DatasetName, relation: string, partitions = false): string {
  const key = [...(partitions ? ['venue', 'timeframe'] : []), ...keyOf(dataset)];
  return (
    `SELECT * EXCLUDE (filename) FROM ${relation} QUALIFY row_number() OVER (PARTITION BY ${key.join(', ')} ` +
    `ORDER BY ${rankSql(dataset)} DESC, ingested_at DESC, parse_filename(filename) DESC) = 1`
  );
}

function folderOf(file: LakeFile): string {
  return `${file.venue}/${file.timeframe}/${file.period}`;
}

/** Files that can be scanned plain, and those that share keys with another. */
export function splitOverlapping(files: readonly LakeFile[]): { plain: LakeFile[]; overlapping: LakeFile[] } {
  const plain: LakeFile[] = [];
  const overlapping: LakeFile[] = [];
  const folders = new Map<string, LakeFile[]>();
  for (const file of files) {
    const folder = folders.get(folderOf(file));
    if (folder) folder.push(file);
    else folders.set(folderOf(file), [file]);
  }
  for (const folder of folders.values()) {
    for (const group of overlapGroups(folder)) (group.length === 1 ? plain : overlapping).push(...group);
  }
  return { plain, overlapping };
}

/** An empty relation with every declared column, so that a dataset without files, or old files, still has them. */
export function emptyRelation(dataset: DatasetName, partitions: boolean): string {
  const columns = Object.entries<Column>(shapeOf(dataset).columns).map(
    ([name, column]) => `NULL::${sqlType(column)} AS ${name}`,
  );
  if (partitions) {
    columns.push('NULL::VARCHAR AS venue', 'NULL::VARCHAR AS timeframe', 'NULL::VARCHAR AS period');
  }
  return `(SELECT ${columns.join(', ')} WHERE false)`;
}

/** The dataset's view over these files: every declared column, one row per key, partitions as columns. */
export function viewSql(dataset: DatasetName, files: readonly LakeFile[]): string {
  const { plain, overlapping } = splitOverlapping(files);
  const parts = [`SELECT * FROM ${emptyRelation(dataset, true)}`];
  if (plain.length > 0) parts.push(`SELECT * FROM ${scan(plain, { partitions: true })}`);
  if (overlapping.length > 0) {
    parts.push(winnersOf(dataset, scan(overlapping, { partitions: true, filename: true }), true));
  }
  return parts.map((part) => `(${part})`).join(' UNION ALL BY NAME ');
}
