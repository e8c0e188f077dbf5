/**
 * Finds and reads golden files. The folder comes from GOLDEN_DIR (default: the copy inside the repository); suites ask
 * which files are there and never list them, so the same suite judges other cases of the same format. Any file may be
 * plain or gzipped.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const GOLDEN_DIR = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('./data', import.meta.url));

/**
 * Names of the files in a golden folder that match, without `.gz`, sorted; empty when the folder is not there.
 * @param pattern tested against the name without `.gz`
 */
export function goldenFiles(folder: string, pattern: RegExp): string[] {
  const path = join(GOLDEN_DIR, folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path).map((name) => name.replace(/\.gz$/, ''));
  return [...new Set(names)].filter((name) => pattern.test(name)).sort();
}

export function hasGoldenFile(folder: string, name: string): boolean {
  const path = join(GOLDEN_DIR, folder, name);
  return existsSync(path) || existsSync(`${path}.gz`);
}

/** Text of a golden file given without `.gz`. */
export function goldenText(folder: string, name: string): string {
  const path = join(GOLDEN_DIR, folder, name);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  return gunzipSync(readFileSync(`${path}.gz`)).toString('utf8');
}

export function goldenJson<T>(folder: string, name: string): T {
  return JSON.parse(goldenText(folder, name)) as T;
}

export interface GoldenTable {
  readonly length: number;
  readonly names: readonly string[];
  /** Fields as written. @throws when the column is not there */
  text(name: string): readonly string[];
  /** Numbers; an empty field is NaN. @throws when the column is not there */
  numbers(name: string): Float64Array;
}

export function goldenCsv(folder: string, name: string): GoldenTable {
  const [header, ...lines] = goldenText(folder, name).trimEnd().split(/\r?\n/);
  const names = header!.split(',');
  const rows = lines.map((line) => line.split(','));
  const text = (column: string): string[] => {
    const index = names.indexOf(column);
    if (index < 0) throw new Error(`${folder}/${name} has no column ${column}`);
    return rows.map((row) => row[index]!);
  };
  return {
    length: rows.length,
    names,
    text,
    numbers: (column) =>
      Float64Array.from(text(column), (field) => (field === '' ? Number.NaN : Number(field))),
  };
}

/** Keeps the worst deviation of a suite as a share of its tolerance. */
export class Deviation {
  worst = 0;
  compared = 0;
  where = '';

  /** Records |actual − expected|; both NaN agree, one NaN is an infinite deviation. */
  compare(where: string, actual: number, expected: number, relative: number, absolute: number): void {
    this.compared++;
    if (Object.is(expected, actual) || expected === actual) return;
    const off = Math.abs(actual - expected) / (absolute + relative * Math.abs(expected));
    if (Number.isNaN(off) || off > this.worst) {
      this.worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : off;
      this.where = `${where}: ${actual} for ${expected}`;
    }
  }

  /** Takes in another deviation. */
  add(other: Deviation): void {
    this.compared += other.compared;
    if (other.worst > this.worst) {
      this.worst = other.worst;
      this.where = other.where;
    }
  }

  /** One line for the report: how much of the tolerance the worst value used. */
  summary(name: string): string {
    const share = this.worst === 0 ? '0' : this.worst.toExponential(2);
    return `golden ${name}: ${this.compared} values, worst ${share} of tolerance${this.where ? ` (${this.where})` : ''}`;
  }
}
