import { expect, it } from 'vitest';
import { parseInstrument } from '../../market/instrument.js';
import { Venues } from './open-venues.js';

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
