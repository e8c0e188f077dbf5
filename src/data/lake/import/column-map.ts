/** Which column of a file feeds which column of a dataset: what the user said first, then the names of the field. */
import { TidewatchError } from '../../../errors.js';
import { type ImportTarget, SUBJECT_ALIASES, TIME_ALIASES } from './target.js';

/** Target column → position of the source column. */
export type ColumnChoice = ReadonlyMap<string, number>;

/**
 * Reads `open=o,ts=timestamp` (target = source). A source may hold anything but a comma.
 * @throws TidewatchError `bad_parameter`
 */
export function parseColumnMap(text: string): Record<string, string> {
  const map: Record<string, string> = Object.create(null);
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const target = part.slice(0, Math.max(at, 0)).trim();
    const source = part.slice(at + 1).trim();
    if (at < 1 || target === '' || source === '' || Object.hasOwn(map, target)) {
      throw new TidewatchError('bad_parameter', `"${part}" of the column map is not target=source`, {
        hint: 'write --map open=o,ts=timestamp, each target once',
        details: { parameter: 'map', value: text },
      });
    }
    map[target] = source;
  }
  return map;
}

const simplified = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/**
 * Finds the source of every target column. Sources are named as in the header; where there is no header, by position
 * from 0 (`open=1`).
 * @param constants columns whose value is given, so that the file need not have them
 * @throws TidewatchError `missing_column`, `bad_parameter`
 */
export function chooseColumns(
  target: ImportTarget,
  header: readonly string[],
  isNamed: boolean,
  map: Readonly<Record<string, string>>,
  constants: ReadonlySet<string>,
): ColumnChoice {
  const targets = ['ts', target.subject, ...target.columns.map(({ name }) => name)];
  for (const name of Object.keys(map)) {
    if (!targets.includes(name)) {
      throw new TidewatchError('bad_parameter', `"${name}" is no column of ${target.dataset}`, {
        hint: `map to one of ${targets.join(', ')}`,
        details: { parameter: 'map', value: name },
      });
    }
  }
  const choice = new Map<string, number>();
  const simple = header.map(simplified);
  const byAlias = (aliases: readonly string[]): number => {
    for (const alias of aliases) {
      const at = simple.indexOf(alias);
      if (at >= 0) return at;
    }
    return -1;
  };
  const find = (name: string, aliases: readonly string[]): number => {
    const said = Object.hasOwn(map, name) ? map[name]! : undefined;
    if (said !== undefined) return positionOf(said, header, isNamed, name);
    if (constants.has(name)) return -1;
    return isNamed ? byAlias(aliases) : (target.positional?.indexOf(name) ?? -1);
  };
  const note = (name: string, at: number): boolean => {
    if (at < 0 || at >= header.length) return false;
    choice.set(name, at);
    return true;
  };
  if (!note('ts', find('ts', TIME_ALIASES))) throw missing('ts', target, header, isNamed);
  note(target.subject, find(target.subject, SUBJECT_ALIASES[target.subject]));
  for (const { name, aliases, required } of target.columns) {
    const found = note(name, find(name, aliases));
    if (!found && required && !constants.has(name)) throw missing(name, target, header, isNamed);
  }
  return choice;
}

function positionOf(source: string, header: readonly string[], isNamed: boolean, name: string): number {
  const exact = isNamed ? header.indexOf(source) : -1;
  if (exact >= 0) return exact;
  const at = isNamed ? header.map(simplified).indexOf(simplified(source)) : Number(source);
  if (Number.isInteger(at) && at >= 0 && at < header.length) return at;
  throw new TidewatchError('missing_column', `the file has no column "${source}" to read ${name} from`, {
    hint: isNamed
      ? `it has ${listed(header)}`
      : `it has no header: give a position from 0 to ${header.length - 1}`,
    details: { column: name, source, columns: header.slice(0, 50) },
  });
}

function missing(
  name: string,
  target: ImportTarget,
  header: readonly string[],
  isNamed: boolean,
): TidewatchError {
  const what = name === 'ts' ? 'time column' : `column for ${name}`;
  return new TidewatchError('missing_column', `the file has no ${what}, which ${target.dataset} needs`, {
    hint: isNamed
      ? `name it with --map ${name}=COLUMN; the file has ${listed(header)}`
      : `the file has ${header.length} columns and no header: name it by position with --map ${name}=0; is the delimiter right?`,
    details: { column: name, columns: header.slice(0, 50) },
  });
}

function listed(header: readonly string[]): string {
  const shown = header.slice(0, 20).map((name) => `"${name.slice(0, 40)}"`);
  return shown.join(', ') + (header.length > shown.length ? ` and ${header.length - shown.length} more` : '');
}
