/** Makes docs/images/uptrend/*.png from uptrend backtests of the sample: npm run screenshots. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { uptrendConfig } from '../../src/analysis/uptrend/profile.js';
import { buildUptrendReport } from '../../src/app/report/uptrend/uptrend-report.js';
import { backtestUptrend } from '../../src/backtest/uptrend-backtest.js';
import { type SampleSource, sampleSeries } from '../sample-series.js';
import { launchBrowser } from './chromium.js';

const IMAGES = 'docs/images/uptrend';
const LARGEST = 300_000;
const BTC: SampleSource = {
  instrument: 'binance:spot:BTCUSDT',
  timeframe: '1h',
  file: 'ohlcv/BTCUSDT_spot_1h.parquet',
};
const token = '43495053762036502499127510106963387069771762346420771972255480864215714394232';
const SHOTS: readonly (readonly [
  name: string,
  source: SampleSource,
  scheme: 'dark' | 'light',
  range: string,
])[] = [
  ['uptrend-chart-btc-dark', BTC, 'dark', '90D'],
  ['uptrend-chart-btc-light', BTC, 'light', '90D'],
  [
    'uptrend-chart-equity',
    {
      instrument: 'file:equity:SPY',
      timeframe: '1d',
      file: 'other-markets/equity_us_daily.parquet',
      where: "symbol = 'SPY'",
    },
    'dark',
    '5Y',
  ],
  [
    'uptrend-chart-gold',
    {
      instrument: 'file:fx:XAUUSD',
      timeframe: '1d',
      file: 'other-markets/forex_gold_daily.parquet',
      where: "symbol = 'XAUUSD'",
    },
    'dark',
    '5Y',
  ],
  [
    'uptrend-chart-prediction',
    {
      instrument: `polymarket:polygon:${token}`,
      timeframe: '1d',
      file: 'other-markets/polymarket_daily.parquet',
      where: `token_id = '${token}'`,
      price: 'price',
    },
    'dark',
    'All',
  ],
];

it('pictures backtests of four markets', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-uptrend-pictures-'));
  const config = uptrendConfig();
  try {
    mkdirSync(IMAGES, { recursive: true });
    for (const [name, source, colorScheme, range] of SHOTS) {
      const series = await sampleSeries(source);
      const backtest = await backtestUptrend(series, { config, simulate: {}, clock: { now: () => 0 } });
      const page = join(folder, `${name}.html`);
      writeFileSync(
        page,
        buildUptrendReport({
          run: { ...backtest, series, source: 'native' },
          config,
          sampleData: true,
          generatedAt: series.time.at(-1)!,
          version: '0.1.0',
          reproduce: 'tidewatch uptrend backtest --simulate --chart FILE',
        }),
      );
      // a fresh browser per picture: a second load paints a little differently
      const browser = await launchBrowser();
      const context = await browser.newContext({
        colorScheme,
        viewport: { width: 1376, height: 1190 },
        locale: 'en-GB',
        timezoneId: 'UTC',
      });
      const shown = await context.newPage();
      await shown.goto(`${pathToFileURL(page).href}#range=${range}`);
      await shown.waitForSelector('#chart-legend b');
      await shown.evaluate(
        'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))',
      );
      const path = join(IMAGES, `${name}.png`);
      await shown.screenshot({ path, animations: 'disabled' });
      expect(statSync(path).size).toBeLessThan(LARGEST);
      await browser.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
