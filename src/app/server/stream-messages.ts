/**
 * Messages of the stream (`/api/stream`), both ways. Pure zod. A client may send `auth` where a token is needed,
 * then `subscribe`; from then on it is told what is new until it unsubscribes or hangs up.
 */
import { z } from 'zod';
import { UPTREND_STATES, uptrendPayloadSchema } from '../../analysis/uptrend/payload-schema.js';
import { UPTREND_PROFILES } from '../../analysis/uptrend/profile.js';
import { TIMEFRAMES } from '../../market/timeframe.js';

const epochMs = z.number().describe('UTC epoch milliseconds');

const instrumentId = z
  .string()
  .max(200)
  .regex(/^[a-z0-9_]+:[A-Za-z0-9_-]+:[A-Za-z0-9._-]+$/);
const modelId = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);

/** What can be listened to. */
export const topic = z.discriminatedUnion('topic', [
  z.strictObject({
    topic: z.literal('bars'),
    instrument_id: instrumentId,
    timeframe: z.enum(TIMEFRAMES),
  }),
  z.strictObject({ topic: z.literal('regime'), model_id: modelId }),
  z.strictObject({
    topic: z.literal('uptrend'),
    instrument_id: instrumentId,
    timeframe: z.enum(TIMEFRAMES),
    profile: z.enum(UPTREND_PROFILES).default('standard'),
  }),
  z.strictObject({ topic: z.literal('jobs') }),
]);

const topics = z.array(topic).min(1).max(50);

export const clientMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auth'), token: z.string().min(1).max(500) }),
  z.strictObject({ type: z.literal('subscribe'), topics }),
  z.strictObject({ type: z.literal('unsubscribe'), topics }),
  z.strictObject({ type: z.literal('ping') }),
]);

const state = z.enum(UPTREND_STATES);

const bar = z.object({
  timestamp: epochMs.describe('Open time'),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  final: z.boolean().describe('The bar has closed and will not change'),
});

export const serverMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    version: z.string(),
    heartbeat_ms: z.int(),
    token_required: z.boolean(),
  }),
  z.object({ type: z.literal('authorized') }),
  z.object({ type: z.literal('subscribed'), topics: z.array(topic).describe('All of this client') }),
  z.object({
    type: z.literal('bars'),
    instrument_id: z.string(),
    timeframe: z.string(),
    bars: z.array(bar).describe('New and changed bars, oldest first'),
    reload: z.boolean().describe('More changed than is sent: ask /api/series again'),
  }),
  z.object({
    type: z.literal('regime'),
    model_id: z.string(),
    timestamp: epochMs,
    available_at: epochMs,
    regime: z.int(),
    label: z.string(),
    probs: z.array(z.number()).readonly(),
    price: z.number(),
    changed: z.boolean().describe('Another state than the bar before'),
    previous: z.int().nullable(),
  }),
  z.object({
    type: z.literal('uptrend_state_change'),
    instrument_id: z.string(),
    timeframe: z.string(),
    profile: z.string(),
    ts: epochMs.describe('Open time of the bar that changed the state'),
    available_at: epochMs.describe('Its close'),
    from: state,
    to: state,
    payload: uptrendPayloadSchema,
  }),
  z.object({
    type: z.literal('job'),
    job_id: z.string(),
    kind: z.string(),
    key: z.string(),
    status: z.string(),
    progress: z.number(),
    updated_at: epochMs,
  }),
  z.object({ type: z.literal('heartbeat'), now: epochMs }),
  z.object({ type: z.literal('pong'), now: epochMs }),
  z.object({ type: z.literal('error'), code: z.string(), detail: z.string() }),
]);

export type Topic = z.infer<typeof topic>;
export type ClientMessage = z.infer<typeof clientMessage>;
export type ServerMessage = z.infer<typeof serverMessage>;

/** Why a connection was closed by the server. */
export const CLOSE_CODES = {
  unauthorized: 4401,
  too_many_clients: 4429,
  slow_client: 4408,
  bad_messages: 4400,
  no_heartbeat: 4410,
} as const;
