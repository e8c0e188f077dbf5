/**
 * The fact tables of a research lake laid into asset × day matrices: which rows are observations, what becomes of the
 * others and of those that are there twice (see read-research-lake.ts). Rows may come in any order.
 */
import { TidewatchError } from '../../errors.js';
import { type AssetPanel, isoDate } from '../../market/asset-panel.js';
import { withTables } from './table-engine.js';
import { type AssetRows, meanOfExchanges, type TableFile } from './table-rows.js';

/** A degradation that the caller should tell. */
export interface LakeNotice {
  readonly code:
    | 'missing_table'
    | 'dropped_rows'
    | 'repeated_rows'
    | 'several_exchanges'
    | 'funding_unit'
    | 'no_database';
  readonly message: string;
}

export interface FactTable {
  readonly file: string;
  readonly column: string;
  readonly matrix: 'close' | 'marketCap' | 'volume' | 'fundingRate' | 'openInterest';
  readonly required: boolean;
  /** Least value of an observation, and whether it is one itself. */
  readonly least: number;
  readonly open: boolean;
}

const ANY = Number.NEGATIVE_INFINITY;

export const FACT_TABLES: readonly FactTable[] = [
  { file: 'fact_price', column: 'close', matrix: 'close', required: true, least: 0, open: true },
  { file: 'fact_marketcap', column: 'marketcap', matrix: 'marketCap', required: true, least: 0, open: false },
  { file: 'fact_volume', column: 'volume', matrix: 'volume', required: true, least: 0, open: false },
  {
    file: 'fact_funding',
    column: 'funding_rate',
    matrix: 'fundingRate',
    required: false,
    least: ANY,
    open: false,
  },
  {
    file: 'fact_open_interest',
    column: 'open_interest_usd',
    matrix: 'openInterest',
    required: false,
    least: 0,
    open: false,
  },
];

export type PresentTable = FactTable & TableFile;

export interface Span {
  readonly start: number;
  readonly end: number;
  /** First day of funding and open interest. */
  readonly before: number;
}

/**
 * Rows into asset × day matrices.
 * @throws TidewatchError `time_not_increasing`
 */
export async function layOut(
  tables: readonly PresentTable[],
  rows: readonly (readonly AssetRows[])[],
  span: Span,
): Promise<{
  panel: AssetPanel;
  repeatedRows: Record<FactTable['matrix'], number>;
  notices: LakeNotice[];
}> {
  const notices: LakeNotice[] = FACT_TABLES.filter(
    ({ file }) => !tables.some((table) => table.file === file),
  ).map(({ file }) => ({
    code: 'missing_table',
    message: `the lake has no ${file}: its features stay without values`,
  }));
  const firstOf = ({ matrix }: FactTable): number =>
    matrix === 'fundingRate' || matrix === 'openInterest' ? span.before : span.start;
  const { assets, days } = axesOf(
    tables.map((table, at) => ({ first: firstOf(table), rows: rows[at]! })),
    span,
  );
  const matrices = Object.fromEntries(
    FACT_TABLES.map(({ matrix }) => [matrix, new Float64Array(days.length * assets.length).fill(Number.NaN)]),
  ) as Record<FactTable['matrix'], Float64Array>;
  const place = new Map(assets.map((asset, at) => [asset, at]));
  const rowOfDay = new Int32Array(Math.max(0, span.end - span.before + 1));
  days.forEach((day, row) => {
    rowOfDay[day - span.before] = row;
  });
  const repeatedRows = { close: 0, marketCap: 0, volume: 0, fundingRate: 0, openInterest: 0 };
  for (const [at, table] of tables.entries()) {
    const first = firstOf(table);
    const target: Target = {
      matrix: matrices[table.matrix],
      place,
      height: days.length,
      rowOfDay,
      span,
      first,
    };
    const { dropped, repeated, differing, example } = lay(table, rows[at]!, target);
    if (dropped > 0) {
      notices.push({
        code: 'dropped_rows',
        message: `${dropped} unusable rows of ${table.file} were left out (no date or value, or a value that cannot be)`,
      });
    }
    if (differing > 0) {
      const usable = `isfinite(value) AND day BETWEEN ${first} AND ${span.end} AND asset_id IS NOT NULL`;
      const means =
        table.file === 'fact_funding'
          ? await withTables((connection) => meanOfExchanges(connection, table, usable))
          : undefined;
      if (means === undefined) {
        throw new TidewatchError('time_not_increasing', `${table.file} holds two values for ${example}`, {
          hint: 'keep one row per asset and day',
          details: { table: table.file, conflicts: differing },
        });
      }
      target.matrix.fill(Number.NaN);
      lay(table, means, target);
      notices.push({
        code: 'several_exchanges',
        message: `${table.file} has several exchanges for one asset and day: their mean is used`,
      });
    } else if (repeated > 0) {
      notices.push({ code: 'repeated_rows', message: `${repeated} rows of ${table.file} are there twice` });
      repeatedRows[table.matrix] = repeated;
    }
  }
  return { panel: { assets, days, ...matrices }, repeatedRows, notices };
}

/** Every asset and day that has a row in the range, usable or not; assets by code unit. */
function axesOf(
  tables: readonly { readonly first: number; readonly rows: readonly AssetRows[] }[],
  { end, before }: Span,
): { assets: string[]; days: Int32Array } {
  const assets = new Set<string>();
  const isThere = new Uint8Array(Math.max(0, end - before + 1));
  for (const { first, rows } of tables) {
    for (const { asset, day } of rows) {
      let isNamed = false;
      for (let i = 0; i < day.length; i += 1) {
        if (!(day[i]! >= first && day[i]! <= end)) continue;
        isThere[day[i]! - before] = 1;
        isNamed = true;
      }
      if (isNamed && asset !== null) assets.add(asset);
    }
  }
  const days: number[] = [];
  isThere.forEach((there, at) => {
    if (there === 1) days.push(before + at);
  });
  return { assets: [...assets].sort(), days: Int32Array.from(days) };
}

interface Target {
  readonly matrix: Float64Array;
  readonly place: ReadonlyMap<string, number>;
  readonly height: number;
  /** By days after the first that is read. */
  readonly rowOfDay: Int32Array;
  readonly span: Span;
  /** First day of this table. */
  readonly first: number;
}

interface Laid {
  /** Rows that are no observation. */
  readonly dropped: number;
  readonly repeated: number;
  /** Repeated with another value, and the first of them by asset. */
  readonly differing: number;
  readonly example: string;
}

function lay(
  { least, open }: FactTable,
  rows: readonly AssetRows[],
  { matrix, place, height, rowOfDay, span, first }: Target,
): Laid {
  let [dropped, repeated, differing] = [0, 0, 0];
  let example = '';
  for (const { asset, day, value } of rows) {
    const column = asset === null ? -1 : (place.get(asset) ?? -1) * height;
    for (let i = 0; i < day.length; i += 1) {
      const on = day[i]!;
      if (asset === null || Number.isNaN(on)) {
        dropped += 1;
        continue;
      }
      if (!(on >= first && on <= span.end)) continue;
      const cell = value[i]!;
      if (!Number.isFinite(cell) || cell < least || (open && cell === least)) {
        dropped += 1;
        continue;
      }
      const at = column + rowOfDay[on - span.before]!;
      const held = matrix[at]!;
      if (Number.isNaN(held)) {
        matrix[at] = cell;
        continue;
      }
      repeated += 1;
      if (held === cell) continue;
      differing += 1;
      const name = `${asset} on ${isoDate(on)}`;
      if (example === '' || name < example) example = name;
    }
  }
  return { dropped, repeated, differing, example };
}
