/** Faults of a page: what happens to its rows between the venue's books and the wire. */
import { Random } from '../../../../market/random.js';
import type { Bar, Funding, Row } from '../bar.js';
import type { Page } from '../protocol.js';
import type { FaultKind } from './fault-catalogue.js';
import type { Firing } from './fault-director.js';

/** All rows of a page as objects, in time order. */
export function rowsOf(page: Page): readonly Row[] {
  const { range } = page;
  if (!range) return page.rows;
  const rows: Row[] = [];
  for (let at = range.first; at < range.last; at++) rows.push(range.market.bar(range.table, at));
  return [...rows, ...page.rows];
}

/**
 * The page's rows as text in the venue's order, damaged; undefined when this fault has nothing to act on here.
 * @param now virtual time
 */
export function damagedRows(page: Page, firing: Firing, now: number): readonly string[] | undefined {
  const random = new Random(firing.seed);
  const inOrder = (rows: readonly Row[]): Row[] => (page.newestFirst ? rows.toReversed() : [...rows]);
  const write = (rows: readonly Row[]): string[] => rows.map((row) => page.writeRow(row));
  const damage = ROW_DAMAGE[firing.kind];
  const rows = damage?.(inOrder(rowsOf(page)), { page, firing, now, random, inOrder });
  if (rows) return write(rows);
  const whole = inOrder(rowsOf(page));
  if (whole.length === 0) return undefined;
  const at = random.below(whole.length);
  return TEXT_DAMAGE[firing.kind]?.(write(whole), { at, time: whole[at]!.time, random });
}

interface Damage {
  readonly page: Page;
  readonly firing: Firing;
  readonly now: number;
  readonly random: Random;
  inOrder(rows: readonly Row[]): Row[];
}

/** Rows in the venue's order in, damaged rows out. */
const ROW_DAMAGE: Partial<Record<FaultKind, (rows: Row[], damage: Damage) => Row[] | undefined>> = {
  empty_page: (rows) => (rows.length === 0 ? undefined : []),
  duplicate_rows(rows, { firing, random }) {
    if (rows.length === 0) return undefined;
    for (let i = 0; i < firing.rows; i++) {
      const at = random.below(rows.length);
      rows.splice(at, 0, rows[at]!);
    }
    return rows;
  },
  conflicting_duplicates(rows, { page, firing, random }) {
    if (rows.length === 0) return undefined;
    for (let i = 0; i < firing.rows; i++) {
      const at = random.below(rows.length);
      // in time order the first of the two is wrong: the last occurrence wins
      rows.splice(at + (page.newestFirst ? 1 : 0), 0, altered(rows[at]!));
    }
    return rows;
  },
  shuffled_rows(rows, { random }) {
    if (rows.length < 2) return undefined;
    for (let i = rows.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [rows[i], rows[j]] = [rows[j]!, rows[i]!];
    }
    if (rows[0]!.time < rows[1]!.time === rows[0]!.time < rows.at(-1)!.time)
      [rows[0], rows[1]] = [rows[1]!, rows[0]!];
    return rows;
  },
  misaligned_row(rows, { page, random }) {
    if (rows.length === 0 || page.interval < 2000) return undefined;
    const at = random.below(rows.length);
    const shift = 1000 * (1 + random.below(Math.floor(page.interval / 1000) - 1));
    rows.splice(at + 1, 0, { ...rows[at]!, time: rows[at]!.time + shift });
    return rows;
  },
  missing_rows(rows, { firing, random }) {
    if (rows.length < 3) return undefined;
    // of a short page no more than a third, so that two looks at it differ
    const count = Math.min(firing.rows, Math.floor(rows.length / 3));
    rows.splice(1 + random.below(rows.length - 1 - count), count);
    return rows;
  },
  short_page: (rows) => (rows.length < 2 ? undefined : rows.slice(0, Math.ceil(rows.length / 2))),
  page_beyond_limit(rows, { page, firing, now }) {
    const { range } = page;
    if (!range || rows.length === 0) return undefined;
    const more: Row[] = [];
    if (page.newestFirst) {
      for (let at = range.first - 1; at >= Math.max(0, range.first - firing.rows); at--)
        more.push(range.market.bar(range.table, at));
    } else {
      const closed = range.market.closedCount(range.table, now);
      for (let at = range.last; at < Math.min(closed, range.last + firing.rows); at++)
        more.push(range.market.bar(range.table, at));
    }
    return more.length === 0 ? undefined : [...rows, ...more];
  },
  outside_range(_rows, { page, firing, inOrder }) {
    const { range } = page;
    if (!range || range.first === 0) return undefined;
    const early: Row[] = [];
    for (let at = Math.max(0, range.first - firing.rows); at < range.first; at++)
      early.push(range.market.bar(range.table, at));
    return inOrder([...early, ...rowsOf(page)]);
  },
  cursor_stuck(_rows, { page, now, inOrder }) {
    const { range } = page;
    if (!range) return undefined;
    const count = range.last - range.first;
    const closed = range.market.closedCount(range.table, now);
    const [first, last] = page.newestFirst
      ? [range.last, Math.min(closed, range.last + count)]
      : [Math.max(0, range.first - count), range.first];
    if (last <= first) return undefined;
    return inOrder(rowsOf({ ...page, rows: [], range: { ...range, first, last } }));
  },
  forming_as_final(_rows, { page, now, inOrder }) {
    const { range } = page;
    if (!range || range.last < range.market.closedCount(range.table, now)) return undefined;
    const open = range.market.forming(range.table, now);
    if (!open) return undefined;
    const closed = rowsOf(page).filter(({ time }) => time < open.time);
    return inOrder([...closed, { ...open, final: true } as Row]);
  },
  stale_page(rows, { page, firing, now }) {
    const known = rows.filter(({ time }) => time + page.interval <= now - firing.ms);
    return known.length === rows.length ? undefined : known;
  },
  broken_bar(rows, { random }) {
    const bars = rows as unknown as Bar[];
    if (bars.length === 0 || bars[0]!.high === undefined) return undefined;
    const at = random.below(bars.length);
    const bar = bars[at]!;
    const broken = random.below(2) === 0 ? { high: bar.low * 0.99 } : { close: -bar.close };
    rows[at] = { ...bar, ...broken } as Row;
    return rows;
  },
  funding_unit_break(rows) {
    const events = rows as unknown as Funding[];
    if (events.length === 0 || events[0]!.rate === undefined) return undefined;
    return events.map((event) => ({ ...event, rate: event.rate * 100 }) as Row);
  },
};

interface TextDamage {
  /** The row to damage, and its moment. */
  readonly at: number;
  readonly time: number;
  readonly random: Random;
}

/** Rows as text in the venue's order in, with damage out. */
const TEXT_DAMAGE: Partial<
  Record<FaultKind, (texts: string[], damage: TextDamage) => readonly string[] | undefined>
> = {
  wrong_type: (texts, { at, random }) => texts.with(at, withWrongType(texts[at]!, random)),
  missing_field(texts, { at, random }) {
    const row = JSON.parse(texts[at]!) as unknown[] | Record<string, unknown>;
    if (Array.isArray(row)) row.splice(1 + random.below(Math.min(4, row.length - 1)));
    else delete row[Object.keys(row)[random.below(Object.keys(row).length)]!];
    return texts.with(at, JSON.stringify(row));
  },
  not_a_number(texts, { at, random }) {
    const { root, places } = numbersOf(texts[at]!);
    const place = earlyPlace(places, random);
    if (!place) return undefined;
    place.holder[place.key] = MARK;
    return texts.with(at, JSON.stringify(root).replace(`"${MARK}"`, 'NaN'));
  },
  negative_number(texts, { at, random }) {
    const { root, places } = numbersOf(texts[at]!);
    const place = earlyPlace(
      places.filter(({ holder, key }) => Number(holder[key]) > 0),
      random,
    );
    if (!place) return undefined;
    const value = place.holder[place.key];
    place.holder[place.key] = typeof value === 'number' ? -value : `-${String(value)}`;
    return texts.with(at, JSON.stringify(root));
  },
  numbers_as_text: (texts) =>
    texts.map((text) => {
      const { root, places } = numbersOf(text);
      for (const { holder, key } of places)
        holder[key] = typeof holder[key] === 'number' ? String(holder[key]) : Number(holder[key]);
      return JSON.stringify(root);
    }),
  swapped_columns(texts, { at, time }) {
    const root = JSON.parse(texts[at]!) as Record<string, unknown>;
    const keys = Object.keys(root);
    const isMoment = (key: string): boolean =>
      [1, 1000].some((unit) => Math.abs(Number(root[key] ?? Number.NaN) * unit - time) < 1000);
    const moment = keys.find(isMoment) ?? keys[0]!;
    const number = keys.find(
      (key) => key !== moment && !isMoment(key) && isNumber(root[key]) && root[key] !== root[moment],
    );
    if (number === undefined) return undefined;
    [root[moment], root[number]] = [root[number], root[moment]];
    return texts.with(at, JSON.stringify(root));
  },
};

const WRONG: readonly unknown[] = [null, 'abc', [], {}, '', true];
const MARK = '@NaN@';

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Prices and times, whether written as numbers or as text. */
function isNumber(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
}

/** The JSON of a row, and where its numbers stand in it. */
function numbersOf(text: string): { root: unknown; places: readonly Place[] } {
  const root = JSON.parse(text) as unknown;
  const places: Place[] = [];
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    for (const [key, each] of Object.entries(value)) {
      if (each !== null && typeof each === 'object') visit(each);
      else if (isNumber(each)) places.push({ holder: value as Record<string, unknown>, key });
    }
  };
  visit(root);
  return { root, places };
}

/** One of the first few, which are time and prices: every reader looks at them. */
function earlyPlace(places: readonly Place[], random: Random): Place | undefined {
  return places[random.below(Math.min(places.length, 5))];
}

/** One value somewhere in the JSON replaced by one of another type. */
export function withWrongType(text: string, random: Random): string {
  const { root, places } = numbersOf(text);
  const place = earlyPlace(places, random);
  if (place) place.holder[place.key] = WRONG[random.below(WRONG.length)];
  return JSON.stringify(root);
}

/** The same row with a value that is wrong but believable. */
export function altered(row: Row): Row {
  if ('close' in row) {
    const bar = row as Bar;
    const close = Number(((bar.high + bar.low) / 2).toFixed(8));
    return { ...bar, close: close === bar.close ? bar.open : close, volume: bar.volume * 0.5 } as Row;
  }
  if ('rate' in row) return { ...row, rate: (row as Funding).rate + 1e-5 } as Row;
  const shrunk: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (SHRUNK.has(name) && typeof value === 'number') shrunk[name] = value * 0.9;
    // what is written out already
    if (name === 'values' || name === 'fields') shrunk[name] = shrunkText(value as Record<string, unknown>);
  }
  return { ...row, ...shrunk };
}

const SHRUNK: ReadonlySet<string> = new Set(['amount', 'price', 'value', 'cap', 'volume']);

function shrunkText(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const less = (value: unknown): unknown => {
    if (typeof value === 'number') return value * 0.9;
    return isNumber(value) ? String(Number(value) * 0.9) : value;
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, less(value)]));
}
