/** Where the drivers' bars come from, and the few numbers of their making that may be set (regime spec §4, §6, §7). */
import { z } from 'zod';
import { ALT_COMPONENTS } from '../analysis/drivers/driver.js';

const MAJORS = ['BTC', ...ALT_COMPONENTS] as const;
export type Major = (typeof MAJORS)[number];

const sources = z.array(z.string().regex(/^[a-z0-9_]+:[A-Za-z0-9_-]+:[A-Za-z0-9._-]+$/)).min(1);

/** Preferred source, then what stands in for it; the perpetual last, because homes hold it from elsewhere. */
const usual = (coin: string): string[] => [
  `binance:spot:${coin}USDT`,
  `hyperliquid:main:${coin}`,
  `binanceusdm:-:${coin}USDT`,
];

export const driverSettingsSchema = z.strictObject({
  sources: z
    .strictObject({
      BTC: sources.default(usual('BTC')),
      SOL: sources.default(usual('SOL')),
      ETH: sources.default(usual('ETH')),
      BNB: sources.default(usual('BNB')),
      HYPE: sources.default(['hyperliquid:main:HYPE', 'binanceusdm:-:HYPEUSDT']),
    })
    .prefault({})
    .describe('Instruments of each coin, the preferred one first'),
  tokens: z
    .array(z.string().regex(/^dex:[a-z0-9]+:[A-Za-z0-9._-]+$/, 'must be dex:<chain>:<contract>'))
    .default([])
    .describe('Low-cap tokens whose prices are collected: dex:<chain>:<contract>'),
  min_components: z.int().min(1).max(4).default(3).describe('Coins that the ALT composite needs'),
  bucket_min_components: z.int().min(1).max(64).default(3).describe('Tokens that a bucket composite needs'),
  bucket_max_members: z.int().min(1).max(1000).default(64).describe('Largest tokens of a bucket that count'),
  backfill_bars: z.int().min(72).max(1000).default(666).describe('Bars that history is filled up to'),
});
export type DriverSettings = z.infer<typeof driverSettingsSchema>;

export const DRIVER_MAJORS: readonly Major[] = MAJORS;
