/**
 * The schema of tidewatch.yaml (operations spec §7.2) with the compiled-in default of every key. Sections are added
 * here when the part they configure exists; a key that nothing reads is not accepted.
 */
import { z } from 'zod';
import { postureConfigSchema } from '../analysis/drivers/posture-config.js';
import { featureDefinitionsSchema } from '../analysis/features/column-definition.js';
import { TIMEFRAMES } from '../market/timeframe.js';
import { driverSettingsSchema } from './driver-settings.js';
import { MONITOR_WHOLE_KEYS, monitorSchema } from './monitor-config.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const http = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  port: z.int().min(0).max(65_535).default(8080).describe('Port; 0 lets the system choose'),
  token: z
    .string()
    .min(16)
    .nullable()
    .default(null)
    .describe('Bearer token of mutating calls; required when the host is not loopback'),
});

const db = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://')
    .nullable()
    .default(null)
    .describe('PostgreSQL server of the operational store; null: embedded, a folder under the home'),
});

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info').describe('Least level written to the log files'),
});

const lake = z.strictObject({
  watched: z
    .array(z.string().min(1))
    .min(1)
    .default(['binance:spot:BTCUSDT'])
    .describe('Instrument ids; the first is meant where a command names none'),
  memory_limit: z
    .string()
    .regex(/^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$/)
    .default('1GB')
    .describe('Memory that queries over the lake may use'),
  threads: z.int().min(1).max(64).default(2).describe('Threads of queries over the lake'),
  retention: z
    .array(
      z.strictObject({
        dataset: z.string().min(1).describe('Dataset of the lake'),
        timeframe: z.enum(TIMEFRAMES).optional().describe('Only this timeframe; all when left out'),
        keep_days: z.int().min(1).max(100_000).describe('Days that rows are kept'),
      }),
    )
    .default([])
    .describe(
      'How long rows are kept, for `lake prune`; what is not named is kept for ever, watched instruments too',
    ),
});

const hmm = z.strictObject({
  profile: z.enum(['scaled', 'scaled_autok', 'legacy']).default('scaled').describe('Training profile'),
  timeframe: z.enum(TIMEFRAMES).default('1h').describe('Timeframe where a command names none'),
  states: z.int().min(1).max(12).default(3).describe('Number of states'),
  seed: z.int().min(0).max(4_294_967_295).default(42).describe('Seed of the restarts'),
  warmup_bars: z
    .int()
    .min(250)
    .max(100_000)
    .default(250)
    .describe('Bars computed in front of a window before its first row is used'),
});

/** One venue or data provider; all have the same keys. */
const venue = z.strictObject({
  base_url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null)
    .describe('Takes the place of scheme and host of all its addresses, for example of a simulator'),
  budget: z.number().min(0.01).max(1.25).default(1).describe('Times 80 % of the documented rate limit'),
  timeout_ms: z.int().min(100).max(300_000).default(15_000).describe('Longest wait for an answer'),
  tries: z.int().min(1).max(20).default(5).describe('Tries of one request'),
  backoff_ms: z.int().min(1).max(60_000).default(1_000).describe('First pause after a failure; doubles'),
});

/** Exchanges by their ccxt ids, then providers of other data. */
const venues = z.strictObject({
  binanceusdm: venue.prefault({}),
  binance: venue.prefault({}),
  bybit: venue.prefault({}),
  okx: venue.prefault({}),
  hyperliquid: venue.prefault({}),
  kraken: venue.prefault({}),
  coingecko: venue.prefault({}),
  // majors-alts spec §13: three tries, 30 s, pauses of 5, 10 s
  coinglass: venue.prefault({ timeout_ms: 30_000, tries: 3, backoff_ms: 5_000 }),
  geckoterminal: venue.prefault({}),
  dexscreener: venue.prefault({}),
});

const live = z.strictObject({
  enabled: z
    .boolean()
    .nullable()
    .default(null)
    .describe('Follow the streams of the venues; null: in `up`, not in `serve` and `start`'),
  instruments: z
    .array(z.string().min(1))
    .nullable()
    .default(null)
    .describe('Instrument ids to follow; null: those of lake.watched'),
  venues: z
    .array(z.string().min(1))
    .nullable()
    .default(null)
    .describe('Only these venues; null: all that stream'),
  marks: z.boolean().default(true).describe('Follow mark prices and announced funding'),
  liquidations: z.boolean().default(true).describe('Follow and store liquidations'),
  roll_up: z.boolean().default(true).describe('Store 5m to 1d bars of followed minutes as they close'),
});

const schedule = z.strictObject({
  disabled: z
    .array(z.string().min(1))
    .default([])
    .describe('Scheduled jobs that do not run, by id; see: tidewatch jobs list'),
});

const notify = z.strictObject({
  webhook_url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null)
    .describe('Notices are POSTed here as JSON; the address may hold a secret'),
  telegram_chat_id: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Chat that the bot of TIDEWATCH_TELEGRAM_BOT_TOKEN writes to'),
  telegram_base_url: z
    .url({ protocol: /^https?$/ })
    .default('https://api.telegram.org')
    .describe('Address of the bot service; another for a Bot API server of your own'),
  desktop: z.boolean().default(false).describe('Notices as notifications of the desktop'),
  least: z.enum(['info', 'warning', 'critical']).default('warning').describe('Least severity that is sent'),
});

export const configSchema = z.strictObject({
  http: http.prefault({}),
  db: db.prefault({}),
  log: log.prefault({}),
  lake: lake.prefault({}),
  hmm: hmm.prefault({}),
  venues: venues.prefault({}),
  live: live.prefault({}),
  drivers: driverSettingsSchema.prefault({}),
  posture: postureConfigSchema.prefault({}),
  schedule: schedule.prefault({}),
  monitor: monitorSchema.prefault({}),
  notify: notify.prefault({}),
  features: featureDefinitionsSchema
    .default({})
    .describe('User-defined feature sets: name, then its columns (docs/how-to/define-features.md)'),
});

export type Config = z.infer<typeof configSchema>;

/** Every key at its compiled-in value. */
export const DEFAULT_CONFIG: Config = configSchema.parse({});

/** Sections whose keys are names of the user's own. */
export const OPEN_SECTIONS: ReadonlySet<string> = new Set(['features']);

/** Keys whose value is one thing although it has parts: a file replaces it instead of merging into it. */
export const WHOLE_KEYS: ReadonlySet<string> = new Set(MONITOR_WHOLE_KEYS);

/** Paths of keys whose values are never shown. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(['http.token', 'db.url', 'notify.webhook_url']);
