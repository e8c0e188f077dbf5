/**
 * How a CSV file is written: delimiter, header, lines to skip before it. Found in its first lines by rules that can be
 * explained: the delimiter that cuts the lines into the same number of fields, more than one; a header is a first line
 * without any number or date in it.
 */
import { TidewatchError } from '../../../errors.js';

export interface CsvDialect {
  readonly delimiter: string;
  readonly isNamed: boolean;
  /** Names of the columns; positions as text where there is no header. */
  readonly header: readonly string[];
  /** Lines before the header or the first row. */
  readonly skip: number;
  /** The first rows as text. */
  readonly sample: readonly (readonly string[])[];
}

const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLE_LINES = 50;
const VALUE = /^[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?$|^\d{4}-\d{2}-\d{2}|^(nan|inf|-inf|null)$/i;

/**
 * @param head the beginning of the file; a line that it cuts off is left out
 * @param isWhole true when nothing follows
 * @throws TidewatchError `empty_series` when there is no row below the header
 */
export function sniffCsv(name: string, head: string, isWhole: boolean, delimiter?: string): CsvDialect {
  const text = head.replace(/^\uFEFF/, '');
  const lines = text.split(/\r\n|\n|\r/);
  if (!isWhole && lines.length > 1) lines.pop();
  const firstLine = lines.findIndex((line) => line.trim() !== '');
  const used = lines
    .slice(Math.max(firstLine, 0), firstLine + SAMPLE_LINES)
    .filter((line) => line.trim() !== '');
  const chosen = delimiter ?? bestDelimiter(used);
  const rows = used.map((line) => splitLine(line, chosen));
  // Some providers put a line with their address above the header.
  const extra = rows.length > 2 && rows[0]!.length === 1 && rows[1]!.length > 1 ? 1 : 0;
  const first = rows[extra] ?? [];
  const isNamed = first.length > 0 && !first.some((field) => VALUE.test(field.trim()));
  const sample = rows.slice(extra + (isNamed ? 1 : 0));
  if (sample.length === 0) {
    throw new TidewatchError('empty_series', `${name} holds ${isNamed ? 'a header and no row' : 'no row'}`, {
      hint: 'check how the file was made',
      details: { file: name },
    });
  }
  const width = isNamed ? first.length : Math.max(...sample.map((row) => row.length));
  const header = isNamed
    ? first.map((field) => field.trim())
    : Array.from({ length: width }, (_, at) => String(at));
  return { delimiter: chosen, isNamed, header, skip: Math.max(firstLine, 0) + extra, sample };
}

function bestDelimiter(lines: readonly string[]): string {
  let best = ',';
  let bestScore = 0;
  for (const candidate of DELIMITERS) {
    const widths = lines.map((line) => splitLine(line, candidate).length);
    const common = mostCommon(widths);
    if (common < 2) continue;
    const share = widths.filter((width) => width === common).length / widths.length;
    const score = share * 1000 + common;
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}

function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** Fields of one line; a quoted field may hold the delimiter and doubled quotes. */
export function splitLine(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]!;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (line[at + 1] === '"') {
        field += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"' && field === '') isQuoted = true;
    else if (character === delimiter) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  fields.push(field);
  return fields;
}
