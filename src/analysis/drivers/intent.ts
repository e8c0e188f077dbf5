/**
 * What people say about a token, as changes of A and E (regime spec §12). Mentions become five metrics in [0,1], these
 * two capped sums.
 *
 * A mention weighs its curator's weight times its recency 2^(−hours/72); a metric is min(1, (Σweight / count) ·
 * (1 + ln count) / 2). Mentions are those of one contract on one chain: the caller's key is both.
 */

export const INTENT_METRICS = ['hi_buy', 'med_buy', 'profit', 'sell', 'mock'] as const;
export type IntentMetric = (typeof INTENT_METRICS)[number];
/** Each in [0,1]; missing or not finite counts as 0. */
export type IntentMetrics = Readonly<Partial<Record<IntentMetric, number | null>>>;

export const INTENT_CAP = 0.4;
const HALF_LIFE_HOURS = 72;
const LEAST_RECENCY = 0.01;
const DEFAULT_CURATOR_WEIGHT = 0.5;
const HOUR = 3_600_000;

const ON_A: Readonly<Record<IntentMetric, number>> = {
  hi_buy: 0.25,
  med_buy: 0.15,
  profit: -0.15,
  sell: -0.25,
  mock: -0.3,
};
const ON_E: Readonly<Record<IntentMetric, number>> = {
  hi_buy: -0.1,
  med_buy: -0.05,
  profit: 0.15,
  sell: 0.35,
  mock: 0.5,
};

const metric = (value: number | null | undefined): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;

/** The five as they are used: numbers, 0 where nothing is known. */
export interface UsedIntent {
  readonly hi_buy: number;
  readonly med_buy: number;
  readonly profit: number;
  readonly sell: number;
  readonly mock: number;
}

/** Metrics as they come: what is missing or not finite counts as 0. */
export function usedIntent(metrics: IntentMetrics): UsedIntent {
  return {
    hi_buy: metric(metrics.hi_buy),
    med_buy: metric(metrics.med_buy),
    profit: metric(metrics.profit),
    sell: metric(metrics.sell),
    mock: metric(metrics.mock),
  };
}

const weighted = (used: UsedIntent, by: Readonly<Record<IntentMetric, number>>): number =>
  by.hi_buy * used.hi_buy +
  by.med_buy * used.med_buy +
  by.profit * used.profit +
  by.sell * used.sell +
  by.mock * used.mock;

/** One of the two sums within ±0.4; 0 for no number. */
export function capIntent(delta: number): number {
  return Number.isNaN(delta) ? 0 : Math.min(INTENT_CAP, Math.max(-INTENT_CAP, delta));
}

/** Change of A from people's intent, clamped to ±0.4 (regime spec §11). */
export function intentDeltaA(used: UsedIntent): number {
  return capIntent(weighted(used, ON_A));
}

/** Change of E from people's intent, clamped to ±0.4 (regime spec §11). */
export function intentDeltaE(used: UsedIntent): number {
  return capIntent(weighted(used, ON_E));
}

export interface Mention {
  /** UTC ms. */
  readonly ts: number;
  /** What the curator meant, as extracted. */
  readonly tag: string;
  /** Default 0.5. */
  readonly curatorWeight?: number;
}

/** The metric that a tag feeds; first match, case ignored. */
export function metricOfTag(tag: string): IntentMetric | undefined {
  const words = tag.toLowerCase();
  const has = (word: string): boolean => words.includes(word);
  if (has('buy') && has('high')) return 'hi_buy';
  if (has('buy') && has('med')) return 'med_buy';
  if (has('profit')) return 'profit';
  if (has('sell') && has('signal')) return 'sell';
  return has('mock') || has('laugh') || has('joke') ? 'mock' : undefined;
}

/** Metrics of one token from its mentions at a time, UTC ms; a mention from the future counts as new. */
export function intentMetrics(mentions: readonly Mention[], now: number): UsedIntent {
  const sums = { hi_buy: 0, med_buy: 0, profit: 0, sell: 0, mock: 0 };
  const counts = { ...sums };
  for (const { ts, tag, curatorWeight = DEFAULT_CURATOR_WEIGHT } of mentions) {
    const name = metricOfTag(tag);
    if (name === undefined) continue;
    const recency = 2 ** (-Math.max(0, (now - ts) / HOUR) / HALF_LIFE_HOURS);
    if (recency < LEAST_RECENCY) continue;
    sums[name] += curatorWeight * recency;
    counts[name] += 1;
  }
  const score = (name: IntentMetric): number => {
    const count = counts[name];
    return count === 0 ? 0 : Math.min(1, ((sums[name] / count) * (1 + Math.log(count))) / 2);
  };
  return {
    hi_buy: score('hi_buy'),
    med_buy: score('med_buy'),
    profit: score('profit'),
    sell: score('sell'),
    mock: score('mock'),
  };
}
