import { expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { Venues } from './open-venues.js';
import type { Exchange } from './venue-http.js';

const MINUTE = 60_000;
const OPEN = 1_767_182_400_000;

it('takes the volume in base units, which stands elsewhere for spot than for swaps', async () => {
  const row = [String(OPEN), '2', '3', '1', '2', '700', '7', '14', '1'];
  const body = Buffer.from(JSON.stringify({ code: '0', msg: '', data: [row] }));
  const exchange = () => Promise.resolve({ status: 200, header: () => null, body });
  const okx = new Venues({ exchange }).of('okx');
  const volume = async (id: string): Promise<number | undefined> => {
    const window = { from: OPEN, to: OPEN + MINUTE };
    const { columns } = await okx.candles(parseInstrument(id), '1m', window);
    return columns.volume[0];
  };
  expect(await volume('okx:perp:BTCUSDT')).toBe(7);
  expect(await volume('okx:spot:BTCUSDT')).toBe(700);
});

it('tells what a contract of a swap is, and nothing of one that is not told in the coin', async () => {
  // fields as recorded of the venue; BTC-USD counts dollars
  const rows: Record<string, unknown> = {
    'BTC-USDT-SWAP': { ctMult: '1', ctVal: '0.01', ctValCcy: 'BTC', settleCcy: 'USDT' },
    'BTC-USD-SWAP': { ctMult: '1', ctVal: '100', ctValCcy: 'USD', settleCcy: 'BTC' },
  };
  const asked: string[] = [];
  const exchange: Exchange = ({ url }) => {
    asked.push(url);
    const instId = new URL(url).searchParams.get('instId')!;
    const row = { instType: 'SWAP', instId, baseCcy: '', quoteCcy: '', state: 'live', listTime: '1' };
    const body = Buffer.from(
      JSON.stringify({ code: '0', msg: '', data: [{ ...row, ...(rows[instId] as object) }] }),
    );
    return Promise.resolve({ status: 200, header: () => null, body });
  };
  const okx = new Venues({ exchange }).of('okx');
  expect(await okx.contractSize(parseInstrument('okx:perp:BTCUSDT'))).toBe(0.01);
  expect(asked[0]).toContain('instType=SWAP&instId=BTC-USDT-SWAP');
  await expect(okx.contractSize(parseInstrument('okx:perp:BTCUSD'))).rejects.toThrow('not told in BTC');
  expect(await okx.contractSize(parseInstrument('okx:spot:BTCUSDT'))).toBe(1);
});
