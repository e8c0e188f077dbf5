/**
 * What a proof of causality says, as plain JSON: which columns were tried on which data, at which moments, and every
 * place where a value knew something later. It is stored with the run or model whose features it speaks of.
 *
 * A proof by trial: it shows that no value changed at the moments tried, with the future removed and with the future
 * replaced; it is not a derivation. Equal inputs, options and seed give equal bytes.
 */
import { z } from 'zod';

export const CAUSES = [
  'row_before_close',
  'early_stamp',
  'early_channel',
  'universe_of_survivors',
  'unclosed_higher_bar',
  'later_bars',
  'fill_from_later_rows',
  'whole_sample_scaling',
  'whole_sample_rank',
  'whole_sample',
] as const;
export type Cause = (typeof CAUSES)[number];

const value = z.number().nullable();

const findingSchema = z.strictObject({
  column: z.string(),
  check: z.enum(['truncation', 'poison', 'stamp']),
  /** Position of the first bar that differs, and its open time. */
  bar: z.int().nonnegative(),
  ts: z.number(),
  /** From when the value claims to be known. */
  available_at: z.number(),
  /** Moment after which everything was hidden or replaced. */
  known_until: z.number(),
  /** The value as computed with what came later, and without; null for no value. */
  with_future: value,
  without_future: value,
  /** Rows that changed, of the rows known by that moment, where most did. */
  rows_changed: z.int(),
  rows_compared: z.int(),
  /** What it read too early: `bars`, `panel` or a channel. */
  reads: z.string(),
  cause: z.enum(CAUSES),
  explanation: z.string(),
});

/** Schema of a stored proof; unknown keys are refused. */
export const causalityProofSchema = z.strictObject({
  schema_version: z.literal(1),
  subject: z.string(),
  columns: z.array(z.string()),
  instrument_id: z.string(),
  timeframe: z.string(),
  bars: z.int(),
  first_ts: z.number(),
  last_ts: z.number(),
  seed: z.int(),
  /** Moments at which the future was hidden and replaced, UTC ms. */
  points: z.array(z.number()),
  checks: z.strictObject({
    /** Values compared bit for bit after hiding, and after replacing, everything later. */
    truncation: z.int(),
    poison: z.int(),
    /** Stamps of channels held against the rule of their kind. */
    stamps: z.int(),
    /** Instruments of the panel whose listing and end were varied. */
    universe: z.int(),
  }),
  input_hash: z.string(),
  output_hash: z.string(),
  /** `unproven`: nothing differed, but the columns named had no value to compare. */
  verdict: z.enum(['causal', 'lookahead', 'unproven']),
  unproven: z.array(z.string()),
  findings: z.array(findingSchema),
});

/**
 * Which columns were tried, at which moments (UTC ms), and every value that knew something later; plain JSON of
 * `causalityProofSchema`.
 */
export type CausalityProof = z.infer<typeof causalityProofSchema>;
/**
 * One column that read the future: the first bar that shows it, the two values that differ, what it read too early.
 */
export type CausalityFinding = z.infer<typeof findingSchema>;
