/**
 * Whether the venues list what is watched and what the drivers are made of (operations spec §2, step 5). Looking for new
 * instruments comes with the pipeline that would trade them; what is configured is checked now, so that a delisted or
 * mistyped one is told by its name at the start and not by bars that never come.
 */
import { EXCHANGES } from '../../data/venues/open-venues.js';
import { parseInstrument } from '../../market/instrument.js';
import type { Config } from '../../platform/config-schema.js';
import type { Services } from '../services.js';
import { askSoon } from './ask-soon.js';
import type { BootstrapStep, StepResult } from './bootstrap.js';

type Parts = Pick<Services, 'venues' | 'loaded' | 'operations'>;

export interface ListingsOptions {
  /** False: no venue is asked. */
  readonly backfill: boolean;
  /** Venues that are known not to answer; takes those that are found so. */
  readonly silent: Set<string>;
}

export function listingsStep(services: Parts, options: ListingsOptions): BootstrapStep {
  return {
    number: 5,
    name: 'listings',
    limitMs: 120_000,
    run: (signal) => checkListings(services, options, signal),
  };
}

async function checkListings(
  services: Parts,
  { backfill, silent }: ListingsOptions,
  signal: AbortSignal,
): Promise<StepResult> {
  const { config } = services.loaded;
  const wanted = new Map<string, Set<string>>();
  for (const id of [...config.lake.watched, ...Object.values(config.drivers.sources).flat()]) {
    const { venue } = parseInstrument(id);
    if (!(EXCHANGES as readonly string[]).includes(venue)) continue;
    wanted.set(venue, (wanted.get(venue) ?? new Set()).add(id));
  }
  const { store } = (await services.operations.open()).here!;
  const capped = (await store.tokenCaps.list()).length;
  if (!backfill) {
    const message = 'no venue is asked · --no-backfill';
    return { status: 'skipped', message, details: { token_caps: capped } };
  }
  const missing: string[] = [];
  const unlisted: string[] = [];
  await Promise.all(
    [...wanted].map(async ([venue, ids]) => {
      const markets = silent.has(venue)
        ? undefined
        : await askSoon((soon) => services.venues.of(venue).markets(soon), signal);
      if (markets === undefined) {
        silent.add(venue);
        missing.push(venue);
        return;
      }
      const active = new Set(markets.filter((market) => market.active).map((market) => market.instrumentId));
      unlisted.push(...[...ids].filter((id) => !active.has(id)));
    }),
  );
  const instruments = [...wanted.values()].reduce((sum, ids) => sum + ids.size, 0);
  const details = {
    instruments,
    silent: missing.sort(),
    unlisted: unlisted.sort(),
    token_caps: capped,
    discovery: 'comes with trading',
  };
  const problems = [
    ...(unlisted.length === 0 ? [] : [`not listed: ${unlisted.join(', ')} · ${nextStep(unlisted, config)}`]),
    ...(missing.length === 0 ? [] : [`${missing.join(', ')} could not be asked`]),
  ];
  if (problems.length > 0) return { status: 'warn', message: problems.join(' · '), details };
  return { status: 'ok', message: `${instruments} instruments are listed by ${wanted.size} venues`, details };
}

/** Where the configuration names what its venue does not list. */
function nextStep(unlisted: readonly string[], { lake, drivers }: Config): string {
  const keys = [
    ...(lake.watched.some((id) => unlisted.includes(id)) ? ['lake.watched'] : []),
    ...Object.entries(drivers.sources)
      .filter(([, ids]) => ids.some((id) => unlisted.includes(id)))
      .map(([driver]) => `drivers.sources.${driver}`),
  ];
  return `change ${keys.join(' and ')} in tidewatch.yaml, then start again`;
}
