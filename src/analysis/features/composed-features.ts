/**
 * Feature columns composed from operations (column-definition.ts), in batch and bar by bar with the same objects.
 *
 * A column whose last operation compares with the row of n bars ago (`return`, `log_return`, `diff`) has no value where
 * a gap lies among those n bars: it would span more time than it says. Columns that read it still see it, as in the
 * five of the HMM spec (§4).
 */
import { z } from 'zod';
import type { Series } from '../../market/series.js';
import type { BarIndicator, ValueIndicator } from '../indicators/indicator.js';
import { indicatorSnapshotSchema } from '../indicators/indicator-snapshot.js';
import { BarLag } from './bar-lag.js';
import { type BAR_INPUTS, type ColumnDefinition, isKnownInput } from './column-definition.js';
import { channelOf, type FeatureInputs, type KnownInput, knownColumn } from './feature-inputs.js';
import {
  type FeatureBar,
  type FeatureCursor,
  type FeatureDeclaration,
  type FeatureProgram,
  foreignSnapshot,
} from './feature-set.js';
import { gapRule, gapsOf, type Market } from './feature-table.js';
import { type OperationName, operation } from './operation.js';

type BarInput = (typeof BAR_INPUTS)[number];
type Read = { readonly column: string } | { readonly input: BarInput } | { readonly known: KnownInput };

type Step =
  | { readonly kind: 'values'; readonly indicator: ValueIndicator<string>; readonly line: string }
  | { readonly kind: 'row'; readonly apply: (value: number) => number }
  | { readonly kind: 'pair'; readonly apply: (value: number, other: number) => number; readonly other: Read };

interface Chain {
  readonly name: string;
  readonly hidden: boolean;
  readonly start: Read | { readonly bars: BarIndicator<string>; readonly line: string };
  readonly steps: readonly Step[];
  /** Bars that the last operation looks back over a plain difference; 0 for any other. */
  readonly spans: number;
}

/** @param columns checked definitions, all of one timeframe */
export function composedFeatures(name: string, columns: readonly ColumnDefinition[]): FeatureProgram {
  const shown = columns.filter(({ hidden }) => !hidden);
  return {
    name,
    features: declarations(columns).filter((_, at) => !columns[at]!.hidden),
    needs: [...new Set(columns.flatMap(knownReads).map(channelOf))],
    compute: (inputs) => {
      const computed = computeChains(columns.map(chainOf), inputs);
      return shown.map((column) => computed.get(column.name)!);
    },
    cursor: (market) => new ComposedCursor(columns.map(chainOf), market),
  };
}

function chainOf(column: ColumnDefinition): Chain {
  const { name, hidden, indicator, params, line, input } = column;
  const steps: Step[] = [];
  let start: Chain['start'] = readOf(input ?? 'close');
  const add = (op: OperationName, given: Readonly<Record<string, unknown>>, wanted?: string): void => {
    const entry = operation(op);
    if (entry.kind === 'bars') {
      const bars = entry.make(given);
      start = { bars, line: wanted ?? bars.lines[0]! };
    } else if (entry.kind === 'values') {
      const built = entry.make(given);
      steps.push({ kind: 'values', indicator: built, line: wanted ?? built.lines[0]! });
    } else if (entry.kind === 'row') steps.push({ kind: 'row', apply: entry.make(given) });
    else steps.push({ kind: 'pair', apply: entry.make(), other: readOf(String(given.with)) });
  };
  if (indicator !== undefined) add(indicator, params ?? {}, line);
  for (const { op, ...given } of column.steps) add(op, given);
  const last = steps.at(-1);
  const lag = last?.kind === 'values' && last.indicator instanceof BarLag ? last.indicator : undefined;
  return { name, hidden, start, steps, spans: lag === undefined || lag.form === 'lag' ? 0 : lag.bars };
}

function readOf(reference: string): Read {
  if (isKnownInput(reference)) return { known: reference };
  if (['open', 'high', 'low', 'close', 'volume', 'typical'].includes(reference)) {
    return { input: reference as BarInput };
  }
  return { column: reference };
}

/** Known inputs a column reads itself. */
function knownReads({ input, params, steps }: ColumnDefinition): KnownInput[] {
  return [input, params?.with, ...steps.map((step) => step.with)]
    .filter((reference): reference is string => typeof reference === 'string')
    .filter(isKnownInput);
}

function declarations(columns: readonly ColumnDefinition[]): FeatureDeclaration[] {
  const warmUps = new Map<string, number>();
  const published = new Set<string>();
  return columns.map((column) => {
    const { start, steps, name } = chainOf(column);
    const read =
      'column' in start ? (warmUps.get(start.column) ?? 1) : 'bars' in start ? start.bars.warmUp : 1;
    let warmUp = read;
    let isPublished = knownReads(column).length > 0 || ('column' in start && published.has(start.column));
    for (const step of steps) {
      if (step.kind === 'values') warmUp += step.indicator.warmUp - 1;
      if (step.kind === 'pair' && 'column' in step.other) {
        warmUp = Math.max(warmUp, warmUps.get(step.other.column) ?? 1);
        isPublished ||= published.has(step.other.column);
      }
    }
    warmUps.set(name, warmUp);
    if (isPublished) published.add(name);
    return { name, warmUp, availability: isPublished ? 'published' : 'bar_close' };
  });
}

function computeChains(chains: readonly Chain[], inputs: FeatureInputs): Map<string, Float64Array> {
  const { bars } = inputs;
  /** Columns as later ones read them, and as they are shown. */
  const raw = new Map<string, Float64Array>();
  const shown = new Map<string, Float64Array>();
  const read = (from: Read): Float64Array => {
    if ('column' in from) return raw.get(from.column)!;
    if ('known' in from) return knownColumn(inputs, from.known);
    return from.input === 'typical' ? typicalPrice(bars) : bars[from.input];
  };
  let gaps: readonly number[] | undefined;
  for (const { name, start, steps, spans } of chains) {
    let values = 'bars' in start ? start.bars.batch(bars)[start.line]! : read(start);
    for (const step of steps) {
      if (step.kind === 'values') values = step.indicator.batch(values)[step.line]!;
      else if (step.kind === 'row') values = values.map(step.apply);
      else {
        const other = read(step.other);
        values = values.map((value, row) => step.apply(value, other[row]!));
      }
    }
    raw.set(name, values);
    if (spans > 0) {
      gaps ??= gapsOf(bars);
      if (gaps.length > 0) {
        values = values.slice();
        for (const gap of gaps) values.fill(Number.NaN, gap, gap + spans);
      }
    }
    shown.set(name, values);
  }
  return shown;
}

function typicalPrice({ high, low, close }: Series): Float64Array {
  return close.map((value, bar) => (high[bar]! + low[bar]! + value) / 3);
}

const cursorSchema = z.strictObject({
  last_time: z.number().nullable(),
  before_time: z.number().nullable(),
  since_gap: z.number().nullable(),
  since_gap_before: z.number().nullable(),
  indicators: z.array(indicatorSnapshotSchema),
});

class ComposedCursor implements FeatureCursor {
  private readonly isGap: (previous: number, next: number) => boolean;
  private readonly indicators: readonly (BarIndicator<string> | ValueIndicator<string>)[];
  private lastTime: number | null = null;
  private beforeTime: number | null = null;
  /** Bars from the last gap to the last bar, 1 at the bar after it; null before any gap. */
  private sinceGap: number | null = null;
  private sinceGapBefore: number | null = null;

  constructor(
    private readonly chains: readonly Chain[],
    market: Market,
  ) {
    this.isGap = gapRule(market);
    this.indicators = chains.flatMap(({ start, steps }) => [
      ...('bars' in start ? [start.bars] : []),
      ...steps.flatMap((step) => (step.kind === 'values' ? [step.indicator] : [])),
    ]);
  }

  next(bar: FeatureBar): Float64Array {
    this.beforeTime = this.lastTime;
    this.sinceGapBefore = this.sinceGap;
    return this.step(bar, 'next');
  }

  replaceLast(bar: FeatureBar): Float64Array {
    return this.step(bar, 'replaceLast');
  }

  snapshot(): z.infer<typeof cursorSchema> {
    return {
      last_time: this.lastTime,
      before_time: this.beforeTime,
      since_gap: this.sinceGap,
      since_gap_before: this.sinceGapBefore,
      indicators: this.indicators.map((indicator) => indicator.snapshot()),
    };
  }

  restore(snapshot: unknown): void {
    const parsed = cursorSchema.safeParse(snapshot);
    if (!parsed.success || parsed.data.indicators.length !== this.indicators.length) {
      throw foreignSnapshot(parsed.error);
    }
    const state = parsed.data;
    this.lastTime = state.last_time;
    this.beforeTime = state.before_time;
    this.sinceGap = state.since_gap;
    this.sinceGapBefore = state.since_gap_before;
    this.indicators.forEach((indicator, at) => {
      indicator.restore(state.indicators[at]);
    });
  }

  private step(bar: FeatureBar, action: 'next' | 'replaceLast'): Float64Array {
    const gap = this.beforeTime !== null && this.isGap(this.beforeTime, bar.time);
    this.sinceGap = gap ? 1 : this.sinceGapBefore === null ? null : this.sinceGapBefore + 1;
    this.lastTime = bar.time;
    const raw = new Map<string, number>();
    const read = (from: Read): number => {
      if ('column' in from) return raw.get(from.column)!;
      if ('known' in from) return bar.known?.[from.known] ?? Number.NaN;
      return from.input === 'typical' ? (bar.high + bar.low + bar.close) / 3 : bar[from.input];
    };
    const shown: number[] = [];
    for (const { name, hidden, start, steps, spans } of this.chains) {
      let value: number;
      if ('bars' in start) {
        start.bars[action](bar);
        value = start.bars.line(start.line);
      } else value = read(start);
      for (const step of steps) {
        if (step.kind === 'values') {
          step.indicator[action](value);
          value = step.indicator.line(step.line);
        } else value = step.kind === 'row' ? step.apply(value) : step.apply(value, read(step.other));
      }
      raw.set(name, value);
      if (hidden) continue;
      const spansGap = spans > 0 && this.sinceGap !== null && this.sinceGap <= spans;
      shown.push(spansGap ? Number.NaN : value);
    }
    return Float64Array.from(shown);
  }
}
