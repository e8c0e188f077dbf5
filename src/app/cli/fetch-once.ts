/** `fetch universe`, `fetch dominance`, `fetch caps`: what a venue or provider says now. */
import { pollDominance } from '../../data/drivers/dominance-poll.js';
import { requireRoomForRows } from '../../data/ingest/room.js';
import { EXCHANGES, type Venues } from '../../data/venues/open-venues.js';
import { markDays } from '../fetch/mark-days.js';
import { taggedCaps } from '../fetch/tagged-caps.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseWhole } from './flags.js';
import { count, minute, number, plural, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

/** Markets that a table lists; all of them are in the JSON. */
const SHOWN = 40;

export function runFetchUniverse(
  context: CommandContext,
  flags: { readonly venue?: string },
): Promise<CommandResult> {
  const venue = parseChoice(flags.venue ?? EXCHANGES[0], 'venue', EXCHANGES);
  return withServices(context, async ({ venues }) => {
    const markets = await venues.of(venue).markets(context.signal);
    const active = markets.filter((market) => market.active);
    return {
      data: {
        venue,
        markets: markets.map((market) => ({
          instrument_id: market.instrumentId,
          symbol: market.symbol,
          base: market.base,
          quote: market.quote,
          active: market.active,
          listed_at: market.listedAt,
        })),
      },
      text: [
        renderTable(
          [text('Instrument'), text('Venue writes'), text('Listed (UTC)')],
          active
            .slice(0, SHOWN)
            .map(({ instrumentId, symbol, listedAt }) => [
              instrumentId,
              symbol,
              listedAt === null ? 'n/a' : minute(listedAt),
            ]),
          context.style,
        ),
        `${count(active.length)} of ${count(markets.length)} markets of ${venue} are open` +
          (active.length > SHOWN ? `; the first ${SHOWN} are shown, --json has all` : ''),
      ].join('\n'),
    };
  });
}

export function runFetchDominance(context: CommandContext): Promise<CommandResult> {
  return withServices(context, async ({ venues, data, loaded, clock }) => {
    const key = loaded.environment.TIDEWATCH_COINGECKO_API_KEY;
    await requireRoomForRows(data, 2, 'a sample of dominance');
    const coingecko = venues.coingecko(key || undefined);
    const poll = await pollDominance(data, coingecko, clock, context.signal);
    const { providerUpdatedAt, values } = poll;
    for (const [driver, why] of Object.entries(poll.lacking)) {
      context.warn({ code: 'no_data', message: `nothing was stored for ${driver}: ${why}` });
    }
    return {
      data: {
        provider: 'coingecko',
        ts: poll.ts,
        provider_updated_at: providerUpdatedAt,
        repeat: poll.repeat,
        values,
      },
      asOf: poll.ts,
      text: [
        renderTable(
          [text('Driver'), number('Percent'), text('Provider (UTC)')],
          Object.entries(values).map(([driver, value]) => [
            driver,
            value.toFixed(2),
            minute(providerUpdatedAt),
          ]),
          context.style,
        ),
        ...(poll.repeat ? ['The provider has nothing newer than before'] : []),
      ].join('\n'),
    };
  });
}

export function runFetchCaps(
  context: CommandContext,
  flags: { readonly limit?: string },
): Promise<CommandResult> {
  const limit = parseWhole(flags.limit ?? '250', '--limit', 1, 2_500);
  return withServices(context, async ({ venues, loaded, data, operations, clock }) => {
    const key = loaded.environment.TIDEWATCH_COINGECKO_API_KEY;
    const caps = await venues.coingecko(key || undefined).marketCaps(limit, context.signal);
    warnOfDamage(context, venues);
    const stored = (await data.lake.status('bars')).map(({ subject }) => subject);
    const tagged = taggedCaps([...stored, ...loaded.config.lake.watched], caps);
    // the oldest of the provider's own times: a tag is as old as its value
    const taggedAt = Math.min(clock.now(), ...caps.flatMap(({ updatedAt }) => updatedAt ?? []));
    if (tagged.length > 0) await operations.ask('caps.replace', { caps: tagged, tagged_at: taggedAt });
    const marked = await markDays(data, tagged, taggedAt);
    return {
      data: {
        provider: 'coingecko',
        marked_days: marked,
        tagged: tagged.map(({ instrument_id, bucket, mcap_tier, market_cap_usd }) => ({
          instrument_id,
          bucket,
          mcap_tier,
          market_cap_usd,
        })),
        caps: caps.map((coin) => ({
          id: coin.id,
          symbol: coin.symbol,
          name: coin.name,
          rank: coin.rank,
          market_cap_usd: coin.marketCap,
          circulating_supply: coin.circulatingSupply,
          provider_updated_at: coin.updatedAt,
        })),
      },
      text: [
        renderTable(
          [number('Rank'), text('Coin'), number('Market cap (USD)'), text('At (UTC)')],
          caps
            .slice(0, SHOWN)
            .map(({ rank, symbol, marketCap, updatedAt }) => [
              rank === null ? 'n/a' : count(rank),
              symbol,
              marketCap === null ? 'n/a' : count(Math.round(marketCap)),
              updatedAt === null ? 'n/a' : minute(updatedAt),
            ]),
          context.style,
        ),
        `${plural(tagged.length, 'instrument')} tagged with a market cap, ${plural(marked, 'daily bar')} marked with it`,
      ].join('\n'),
    };
  });
}

/** Says how many rows of each provider could not be read and are not in what was fetched. */
export function warnOfDamage(context: CommandContext, venues: Pick<Venues, 'usage'>): void {
  for (const { venue, invalidRows: rows } of venues.usage()) {
    if (rows === 0) continue;
    const message = `${venue} sent ${count(rows)} rows that cannot be read, twice alike; they are left out`;
    context.warn({ code: 'bad_payload', message, venue, rows });
  }
}
