/** What is told of the running process: its start, its schedule, what is wrong. Pure zod. */
import { z } from 'zod';

const epochMs = z.number().describe('UTC epoch milliseconds');

export const bootstrapAnswer = z.object({
  bootstrap: z
    .object({
      id: z.string(),
      status: z.enum(['running', 'ok', 'partial', 'degraded', 'failed']),
      started_at: epochMs,
      finished_at: epochMs.nullable(),
      steps: z.array(
        z.object({
          step: z.number(),
          name: z.string(),
          status: z.enum(['ok', 'warn', 'fail', 'skipped']),
          ms: z.number(),
          message: z.string(),
          details: z.record(z.string(), z.unknown()),
        }),
      ),
    })
    .nullable()
    .describe('Report of the newest start; null when there was none'),
});

export const alertsQuery = z.object({
  open: z.enum(['true', 'false']).default('true').describe('false: those that are over too'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export const alertsAnswer = z.array(
  z.object({
    id: z.int(),
    name: z.string(),
    kind: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
    fired_at: epochMs,
    cleared_at: epochMs.nullable(),
  }),
);

export const scheduleAnswer = z.array(
  z.object({
    job: z.string(),
    what: z.string(),
    cadence: z.string(),
    offset_ms: z.number(),
    depends_on: z.array(z.string()),
    lane: z.enum(['io', 'cpu']),
    timeout_ms: z.number(),
    catch_up: z.enum(['none', 'newest', 'span', 'each']),
    idempotency: z.string(),
    enabled: z.boolean(),
    next_at: epochMs.describe('When the next window may start'),
    newest_ok: z.string().nullable(),
    newest_failed: z.string().nullable(),
    open: z.string().nullable(),
    open_status: z.enum(['queued', 'running']).nullable(),
  }),
);

export const partsAnswer = z.array(
  z.object({
    name: z.string(),
    state: z.enum(['stopped', 'starting', 'running', 'pausing', 'failed']),
    since: epochMs,
    crashes: z.int(),
    last_error: z.string().nullable(),
    facts: z.record(z.string(), z.unknown()),
  }),
);
