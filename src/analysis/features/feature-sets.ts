/**
 * The feature sets by name. A name is one part or several joined by commas; a part is a set, with a flavour after a
 * colon and timeframes after an @:
 *
 * | name                 | columns                                                                           |
 * |----------------------|-----------------------------------------------------------------------------------|
 * | `hmm`                | the five of the regime model                                                      |
 * | `hmm:ewm_adjusted`   | the same, ADX and RSI smoothed otherwise                                          |
 * | `ta`                 | the uptrend engine's technical record                                             |
 * | `uptrend`            | state of the uptrend engine, 0 to 4                                               |
 * | `uptrend:v6`         | the same in another profile                                                       |
 * | `funding`            | funding_rate, funding_rate_change                                                 |
 * | `open_interest`      | open_interest, open_interest_change                                               |
 * | `dominance`          | btc_dominance, usdt_dominance and their changes                                   |
 * | `posture`            | posture_a, posture_e (A and E of the drivers' history) and their changes            |
 * | `breadth`            | share of the panel above its own mean, and its change                             |
 * | `hmm@1h+4h+1d`       | the five on 1h bars, then `log_ret@4h` … and `log_ret@1d` … of closed higher bars |
 * | `hmm,funding`        | both, rows where all are defined                                                  |
 *
 * User-defined sets (column-definition.ts, tidewatch.yaml `features`) and sets written in TypeScript (`featureSetOf`)
 * join the same registry and may be used in the same names.
 */
import { TidewatchError } from '../../errors.js';
import { parseTimeframe, type Timeframe } from '../../market/timeframe.js';
import { TA_FLAVOURS, type TaFlavour } from '../indicators/ta-flavour.js';
import { UPTREND_PROFILES } from '../uptrend/profile.js';
import { type ColumnDefinition, columnsSchema, type FeatureDefinitions } from './column-definition.js';
import { composedFeatures } from './composed-features.js';
import type { ChannelName } from './feature-inputs.js';
import { type FeatureProgram, type FeatureSet, featureSetOf } from './feature-set.js';
import { onHigherTimeframe } from './higher-timeframe.js';
import { joinedFeatures } from './joined-features.js';
import { regimeFeatureSet } from './regime-features.js';
import { taFeatureSet } from './ta-features.js';
import { uptrendFeatureSet } from './uptrend-features.js';

/** The value as last published, and its change from the one before. */
const levelAndChange = (...channels: ChannelName[]): ColumnDefinition[] =>
  columnsSchema.parse(
    channels.flatMap((name) => [
      { name, input: name },
      { name: `${name}_change`, input: `${name}_change` },
    ]),
  );

const BUILT_IN: Readonly<Record<string, FeatureSet>> = {
  hmm: regimeFeatureSet(),
  ta: taFeatureSet(),
  uptrend: uptrendFeatureSet(),
  funding: featureSetOf(composedFeatures('funding', levelAndChange('funding_rate'))),
  open_interest: featureSetOf(composedFeatures('open_interest', levelAndChange('open_interest'))),
  dominance: featureSetOf(composedFeatures('dominance', levelAndChange('btc_dominance', 'usdt_dominance'))),
  posture: featureSetOf(composedFeatures('posture', levelAndChange('posture_a', 'posture_e'))),
  breadth: featureSetOf(composedFeatures('breadth', levelAndChange('breadth'))),
};

export interface FeatureSetOptions {
  /** Timeframe of the bars; user-defined sets with columns of a higher timeframe need it. */
  readonly timeframe?: Timeframe | undefined;
  /** Smoothing of ADX and RSI where the name says none. */
  readonly flavour?: TaFlavour | undefined;
}

/**
 * Feature sets by name: the built-in ones, those defined by a user, those written in TypeScript. Asking for an
 * unknown name throws `bad_parameter`.
 */
export class FeatureRegistry {
  private readonly written = new Map<string, FeatureSet>();

  /**
   * @param definitions user-defined sets, checked by `featureDefinitionsSchema`
   * @throws TidewatchError `bad_parameter` when one takes a name that is taken
   */
  constructor(private readonly definitions: FeatureDefinitions = {}) {
    for (const name of Object.keys(definitions)) {
      if (Object.hasOwn(BUILT_IN, name)) throw taken(name);
    }
  }

  /** Names of single sets, built in first. */
  get names(): readonly string[] {
    return [...Object.keys(BUILT_IN), ...Object.keys(this.definitions), ...this.written.keys()];
  }

  /** The user-defined sets that a name speaks of: what a record must keep so that it can be computed again. */
  definitionsIn(name: string): FeatureDefinitions {
    return Object.fromEntries(
      name.split(',').flatMap((part) => {
        const head = part.trim().split('@')[0]!;
        const definition = this.definition(head);
        return definition === undefined ? [] : [[head, definition]];
      }),
    );
  }

  /** These definitions in place of the present ones; sets written in TypeScript stay. */
  withDefinitions(definitions: FeatureDefinitions): FeatureRegistry {
    const registry = new FeatureRegistry(definitions);
    for (const [name, set] of this.written) registry.written.set(name, set);
    return registry;
  }

  /** True when a part of the name is a set written in TypeScript. */
  isWritten(name: string): boolean {
    return name.split(',').some((part) => this.written.has(part.trim().split('@')[0]!));
  }

  private definition(name: string): FeatureDefinitions[string] | undefined {
    return Object.hasOwn(this.definitions, name) ? this.definitions[name] : undefined;
  }

  /**
   * Adds a set written in TypeScript (`featureSetOf`).
   * @throws TidewatchError `bad_parameter`
   */
  add(set: FeatureSet): this {
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(set.name)) {
      throw new TidewatchError('bad_parameter', `"${set.name}" cannot name a feature set`, {
        hint: 'use small letters, digits, dash and underscore',
      });
    }
    if (this.names.includes(set.name)) throw taken(set.name);
    this.written.set(set.name, set);
    return this;
  }

  /** @throws TidewatchError `bad_parameter` when the name, or a part of it, is not known */
  get(name: string, options: FeatureSetOptions = {}): FeatureSet {
    const parts = name.split(',').map((part) => part.trim());
    if (parts.length === 1) return this.part(parts[0]!, options);
    return featureSetOf(
      joinedFeatures(
        parts.join(','),
        parts.map((part) => this.part(part, options)),
      ),
    );
  }

  private part(name: string, options: FeatureSetOptions): FeatureSet {
    const [head = '', frames, ...rest] = name.split('@');
    if (rest.length > 0) throw unknown(name, this.names);
    if (frames === undefined) return this.single(head, options);
    const [base, ...higher] = frames.split('+').map(parseTimeframe) as [Timeframe, ...Timeframe[]];
    if (options.timeframe !== undefined && options.timeframe !== base) {
      throw new TidewatchError(
        'bad_parameter',
        `${name} begins with ${base}, the bars are ${options.timeframe}`,
        {
          hint: 'name the timeframe of the bars first, the higher ones after it',
          details: { feature_set: name, timeframe: options.timeframe },
        },
      );
    }
    const stacked = higher.map((timeframe) =>
      onHigherTimeframe(
        this.single(head, { ...options, timeframe }),
        timeframe,
        base,
        (column) => `${column}@${timeframe}`,
      ),
    );
    const first = this.single(head, { ...options, timeframe: base });
    return featureSetOf({ ...joinedFeatures(name, [first, ...stacked]), timeframe: base });
  }

  private single(name: string, { timeframe, flavour }: FeatureSetOptions): FeatureSet {
    const [head = '', said] = name.split(':');
    if (head === 'hmm') {
      const wanted = said ?? flavour;
      const smoothing = TA_FLAVOURS.find((candidate) => candidate === wanted);
      if (wanted !== undefined && smoothing === undefined) throw unknown(name, this.names);
      return smoothing === undefined ? BUILT_IN.hmm! : regimeFeatureSet({ flavour: smoothing });
    }
    if (head === 'uptrend' && said !== undefined) {
      const profile = UPTREND_PROFILES.find((candidate) => candidate === said);
      if (profile === undefined) throw unknown(name, this.names);
      return uptrendFeatureSet(profile);
    }
    if (said !== undefined) throw unknown(name, this.names);
    const definition = this.definition(name);
    if (definition !== undefined) return featureSetOf(definedFeatures(name, definition, timeframe));
    const found = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : this.written.get(name);
    if (found === undefined) throw unknown(name, this.names);
    return found;
  }
}

/** The built-in sets alone. */
const builtIn = new FeatureRegistry();

/** A built-in set. @throws TidewatchError `bad_parameter` */
export function featureSet(name: string, options: FeatureSetOptions = {}): FeatureSet {
  return builtIn.get(name, options);
}

/**
 * The built-in sets that have a name of their own, without flavour or timeframe; `featureSet` reads whole names.
 */
export const featureSets: Readonly<Record<string, FeatureSet>> = BUILT_IN;

/** Columns of a definition in their order, those of a higher timeframe on its closed bars. */
function definedFeatures(
  name: string,
  columns: readonly ColumnDefinition[],
  base: Timeframe | undefined,
): FeatureProgram {
  const isHigher = (column: ColumnDefinition): boolean =>
    column.timeframe !== undefined && column.timeframe !== base;
  const higher = [...new Set(columns.filter(isHigher).map((column) => column.timeframe!))];
  if (higher.length === 0) return composedFeatures(name, columns);
  if (base === undefined) {
    throw new TidewatchError(
      'bad_parameter',
      `${name} has columns of ${higher.join(', ')}; say the timeframe of the bars`,
      {
        hint: 'ask for the set with the timeframe of the bars it is built on',
        details: { feature_set: name },
      },
    );
  }
  const atBase = columns.filter((column) => !isHigher(column));
  const joined = joinedFeatures(name, [
    ...(atBase.length === 0 ? [] : [composedFeatures(name, atBase)]),
    ...higher.map((timeframe) =>
      onHigherTimeframe(
        composedFeatures(
          name,
          columns.filter((column) => column.timeframe === timeframe),
        ),
        timeframe,
        base,
        (column) => column,
      ),
    ),
  ]);
  const wanted = columns.filter(({ hidden }) => !hidden).map((column) => column.name);
  return { ...inOrder(joined, wanted), timeframe: base };
}

function inOrder(program: FeatureProgram, names: readonly string[]): FeatureProgram {
  const places = names.map((name) => program.features.findIndex((feature) => feature.name === name));
  const pick = <T>(values: readonly T[]): T[] => places.map((at) => values[at]!);
  const reorder = (values: Float64Array): Float64Array => Float64Array.from(places, (at) => values[at]!);
  const { cursor } = program;
  return {
    ...program,
    features: pick(program.features),
    compute: (inputs) => pick(program.compute(inputs)),
    ...(cursor === undefined
      ? {}
      : {
          cursor: (market) => {
            const inner = cursor(market);
            return {
              next: (bar) => reorder(inner.next(bar)),
              replaceLast: (bar) => reorder(inner.replaceLast(bar)),
              snapshot: () => inner.snapshot(),
              restore: (snapshot) => inner.restore(snapshot),
            };
          },
        }),
  };
}

function unknown(name: string, names: readonly string[]): TidewatchError {
  return new TidewatchError('bad_parameter', `there is no feature set ${name}`, {
    hint: `use one of ${names.join(' ')}, as in hmm@1h+4h+1d or hmm,funding`,
    details: { feature_set: name },
  });
}

function taken(name: string): TidewatchError {
  return new TidewatchError('bad_parameter', `there is a feature set ${name} already`, {
    hint: 'choose another name',
    details: { feature_set: name },
  });
}
