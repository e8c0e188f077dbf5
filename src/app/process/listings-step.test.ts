import { describe, expect, it } from 'vitest';
import { configSchema } from '../../platform/config-schema.js';
import { listingsStep } from './listings-step.js';

const config = configSchema.parse({
  lake: { watched: ['binance:spot:BTCUSDT', 'file:spot:GOLD'] },
  drivers: { sources: { HYPE: ['binance:spot:HYPEUSDT', 'hyperliquid:main:HYPE'] } },
});
const wanted = [...config.lake.watched, ...Object.values(config.drivers.sources).flat()].filter(
  (id) => !id.startsWith('file:'),
);

/** @param dead venues that do not answer; asked again, they fail the test */
function check(delisted: readonly string[], dead: readonly string[] = [], backfill = true) {
  const asked: string[] = [];
  const silent = new Set(['bybit']);
  const services = {
    loaded: { config },
    operations: { open: async () => ({ here: { store: { tokenCaps: { list: async () => [{}, {}] } } } }) },
    venues: {
      of: (venue: string) => ({
        async markets() {
          asked.push(venue);
          if (dead.includes(venue)) throw new Error('refused');
          return wanted.map((instrumentId) => ({ instrumentId, active: !delisted.includes(instrumentId) }));
        },
      }),
    },
  } as unknown as Parameters<typeof listingsStep>[0];
  const step = listingsStep(services, { backfill, silent });
  return { asked, silent, result: step.run(new AbortController().signal) };
}

describe('the check of the listings', () => {
  it('passes when every watched instrument and source of the drivers is listed', async () => {
    const { asked, result } = check([]);
    expect(await result).toMatchObject({
      status: 'ok',
      details: { instruments: new Set(wanted).size, token_caps: 2, unlisted: [] },
    });
    expect(new Set(asked).size, 'each venue is asked once').toBe(asked.length);
  });

  it('names what is not listed any more, and where to take it out', async () => {
    const next = 'in tidewatch.yaml, then start again';
    expect(await check(['binance:spot:HYPEUSDT']).result).toMatchObject({
      status: 'warn',
      message: `not listed: binance:spot:HYPEUSDT · change drivers.sources.HYPE ${next}`,
    });
    const { message } = await check(['binance:spot:BTCUSDT', 'hyperliquid:main:HYPE']).result;
    expect(message).toMatch(/^not listed: binance:spot:BTCUSDT, hyperliquid:main:HYPE · /);
    expect(message).toMatch(
      /change lake\.watched and (drivers\.sources\.BTC and )?drivers\.sources\.HYPE in/,
    );
  });

  it('warns of a venue that cannot be asked, and remembers it for the rest of the start', async () => {
    const { silent, result } = check([], ['hyperliquid']);
    expect(await result).toMatchObject({ status: 'warn', message: 'hyperliquid could not be asked' });
    expect([...silent].sort()).toEqual(['bybit', 'hyperliquid']);
  });

  it('asks nobody when told so', async () => {
    const { asked, result } = check([], [], false);
    expect(await result).toMatchObject({ status: 'skipped' });
    expect(asked).toEqual([]);
  });
});
