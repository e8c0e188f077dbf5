import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { Venues } from './open-venues.js';

interface Recorded {
  readonly exchanges: readonly { readonly body: unknown }[];
}

it('tells what is open now of all coins that are asked for in one call, as recorded', async () => {
  const path = new URL('../../../test/venues/payloads/hyperliquid_meta_and_ctxs_real.json', import.meta.url);
  const [recorded] = (JSON.parse(readFileSync(path, 'utf8')) as Recorded).exchanges;
  const [{ universe }, contexts] = recorded!.body as [
    { universe: { name: string }[] },
    { openInterest: string; markPx: string }[],
  ];
  let calls = 0;
  const exchange = () => {
    calls += 1;
    return Promise.resolve({
      status: 200,
      header: () => null,
      body: Buffer.from(JSON.stringify(recorded!.body)),
    });
  };
  const venue = new Venues({ exchange }).of('hyperliquid');
  const asked = ['BTC', 'kPEPE', 'NOSUCHCOIN'].map((coin) => parseInstrument(`hyperliquid:main:${coin}`));
  const told = await venue.presentOpenInterest(asked);
  expect(calls).toBe(1);
  expect([...told.keys()]).toEqual(['hyperliquid:main:BTC', 'hyperliquid:main:kPEPE']);
  for (const coin of ['BTC', 'kPEPE']) {
    const context = contexts[universe.findIndex(({ name }) => name === coin)]!;
    const base = Number(context.openInterest);
    expect(told.get(`hyperliquid:main:${coin}`)).toEqual({ base, usd: base * Number(context.markPx) });
  }
});
