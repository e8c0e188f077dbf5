import { describe, expect, it } from 'vitest';
import { dayRange, panelOf } from './asset-panel.fixture.js';
import { listedAssets } from './listed-assets.js';

const DAYS = dayRange(120);
const CAPS: Readonly<Record<string, number>> = { BTC: 9e11, GONE: 5e9, LATE: 7e9, OLD: 1e9 };
/** LATE is listed on day 60, GONE has its last row on day 70; on day 90 OLD grows above LATE. */
const panel = panelOf(['BTC', 'OLD', 'LATE', 'GONE', 'BARE'], DAYS, {
  close: (id, t) => ((id === 'LATE' && t < 60) || (id === 'GONE' && t > 70) ? undefined : 100),
  marketCap: (id, t) => (id === 'BARE' ? undefined : id === 'OLD' && t >= 90 ? 8e9 : CAPS[id]),
});
const at = (t: number) => listedAssets(panel, DAYS[0]! + t);
const names = (t: number): string[] => at(t).map(({ asset }) => asset);

describe('assets that there were on a day', () => {
  it('knows nothing of one that is listed later, nor of its cap', () => {
    expect(names(50)).toEqual(['BTC', 'GONE', 'OLD', 'BARE']);
    // twenty rows after its listing it is in, with the rank that it has then
    expect(names(78)).not.toContain('LATE');
    expect(at(79).find(({ asset }) => asset === 'LATE')).toEqual({
      asset: 'LATE',
      firstDay: DAYS[60],
      lastDay: DAYS[79],
      marketCap: 7e9,
      rank: 2,
    });
  });

  it('keeps one that vanished as long as enough of its rows are in the window', () => {
    expect(at(81).find(({ asset }) => asset === 'GONE')).toMatchObject({ lastDay: DAYS[70], rank: 3 });
    expect(names(82)).not.toContain('GONE');
  });

  it('ranks by the cap of the day, and last those without one', () => {
    const ranks = (t: number) => Object.fromEntries(at(t).map(({ asset, rank }) => [asset, rank]));
    expect(ranks(89)).toEqual({ BTC: 1, LATE: 2, OLD: 3, BARE: null });
    expect(ranks(90)).toEqual({ BTC: 1, OLD: 2, LATE: 3, BARE: null });
  });

  it('reads nothing after the day: with the rest cut off it says the same', () => {
    for (const t of [30, 65, 75, 95]) {
      const cut = panelOf(panel.assets, DAYS.slice(0, t + 1), {
        close: (id, row) => panel.close[panel.assets.indexOf(id) * DAYS.length + row],
        marketCap: (id, row) => panel.marketCap[panel.assets.indexOf(id) * DAYS.length + row],
      });
      expect(listedAssets(cut, DAYS[0]! + t)).toEqual(at(t));
    }
  });

  it('is empty before there are rows enough, and long after the last', () => {
    expect(at(10)).toEqual([]);
    expect(listedAssets(panel, DAYS[119]! + 400)).toEqual([]);
  });
});
