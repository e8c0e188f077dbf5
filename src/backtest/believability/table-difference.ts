/**
 * Compares two versions of dated tables, cell by cell: what truncation, row-shuffle and replay audits have in common.
 * A cell is named by its column and its key (a date, or a date and an asset). Equal means the same bits, or both missing.
 *
 * The likely cause is told from where the differences lie:
 *
 * | differing rows                                    | likely cause                                   |
 * |---------------------------------------------------|------------------------------------------------|
 * | order of the input rows changed something          | a rolling step over unsorted rows              |
 * | most rows of the column                           | a statistic or a switch over the whole range   |
 * | only the last `n` days before the cut, n ≤ 5       | a value stamped earlier than it was known      |
 * | any other                                         | a later value carried back                     |
 */

export type Cell = number | string | null;

export interface DatedTable {
  /** `YYYY-MM-DD`, or `YYYY-MM-DD asset`: unique, ascending. */
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, ArrayLike<Cell>>>;
}
export type DatedTables = Readonly<Record<string, DatedTable>>;

/** How one column of one table differs between two versions of a run. */
export interface Difference {
  readonly table: string;
  readonly column: string;
  /** First key that differs, and what it is in each version. */
  readonly first: string;
  readonly expected: Cell;
  readonly found: Cell;
  /** Keys that differ, of those compared. */
  readonly differing: number;
  readonly compared: number;
  /** Dates of the first and last difference. */
  readonly firstDate: string;
  readonly lastDate: string;
}

/**
 * One entry per column that differs, in the order of the tables.
 * @param through last date that counts, `YYYY-MM-DD`; all when left out
 */
export function tableDifferences(expected: DatedTables, found: DatedTables, through?: string): Difference[] {
  const differences: Difference[] = [];
  for (const [table, whole] of Object.entries(expected)) {
    const other = found[table] ?? { keys: [], columns: {} };
    const counts = (key: string): boolean => through === undefined || key.slice(0, 10) <= through;
    const place = new Map(other.keys.map((key, row) => [key, row]));
    const keys = whole.keys.filter(counts);
    const extra = other.keys.filter((key) => counts(key) && !hasKey(whole.keys, key));
    for (const [column, values] of Object.entries(whole.columns)) {
      const otherValues = other.columns[column] ?? [];
      let differing = 0;
      let first: { key: string; expected: Cell; found: Cell } | undefined;
      let last = '';
      const note = (key: string, wanted: Cell, got: Cell): void => {
        differing += 1;
        if (first === undefined || key < first.key) first = { key, expected: wanted, found: got };
        if (key > last) last = key;
      };
      for (let row = 0; row < keys.length; row += 1) {
        const key = keys[row]!;
        const at = place.get(key);
        const got = at === undefined ? null : missingAsNull(otherValues[at]);
        const wanted = missingAsNull(values[row]);
        if (!Object.is(wanted, got) && !(wanted === 0 && got === 0)) note(key, wanted, got);
      }
      for (const key of extra) {
        const got = missingAsNull(otherValues[place.get(key)!]);
        if (got !== null) note(key, null, got);
      }
      if (first === undefined) continue;
      differences.push({
        table,
        column,
        first: first.key,
        expected: first.expected,
        found: first.found,
        differing,
        compared: keys.length + extra.length,
        firstDate: first.key.slice(0, 10),
        lastDate: last.slice(0, 10),
      });
    }
  }
  return differences;
}

function missingAsNull(value: Cell | undefined): Cell {
  return value === undefined || (typeof value === 'number' && Number.isNaN(value)) ? null : value;
}

/** Keys ascend. */
function hasKey(keys: readonly string[], key: string): boolean {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return keys[low] === key;
}

const LATE_DAYS = 5;
const DAY_MS = 86_400_000;

/** A guess to begin the search with. @param cut the date of the truncation */
export function truncationCause({ differing, compared, firstDate }: Difference, cut: string): string {
  const back = Math.round((Date.parse(cut) - Date.parse(firstDate)) / DAY_MS);
  if (back <= LATE_DAYS) {
    return `only the last ${back + 1} day${back === 0 ? '' : 's'} before the cut differ: a value is stamped earlier than it was known`;
  }
  if (differing > compared / 2) {
    return 'most rows differ: a statistic, a choice of assets or a switch over the whole range';
  }
  return 'rows long before the cut differ: something that happened later is carried back';
}
