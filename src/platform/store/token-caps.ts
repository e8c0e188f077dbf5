/** Market caps of tokens with their two labels (operational schema §4.5; regime spec §7.2), replaced at every tagging. */
import { z } from 'zod';
import { instant, type Sql } from './sql.js';

export const tokenCapSchema = z.object({
  instrument_id: z.string().min(1),
  token_chain: z.string().min(1),
  token_contract: z.string().min(1),
  bucket: z.enum(['nano', 'small', 'mid', 'big']),
  mcap_tier: z.enum(['nano', 'micro', 'mid', 'big', 'large', 'xl']),
  market_cap_usd: z.number().positive(),
  circulating_supply: z.number().nullable(),
  updated_at: z.number(),
});

/** Names as stored; `updated_at` is the time of the tagging, UTC ms. */
export type TokenCap = z.infer<typeof tokenCapSchema>;

export class TokenCaps {
  constructor(private readonly sql: Sql) {}

  async replace(caps: readonly Omit<TokenCap, 'updated_at'>[], taggedAt: number): Promise<void> {
    if (caps.length === 0) return;
    // the trigger stamps an update with the clock of the database; the time of the tagging is what counts
    await this.sql.query(
      `DELETE FROM token_caps WHERE instrument_id IN (
         SELECT instrument_id FROM jsonb_to_recordset($1::jsonb) AS r(instrument_id text))`,
      [JSON.stringify(caps)],
    );
    await this.sql.query(
      `INSERT INTO token_caps (
         instrument_id, token_chain, token_contract, bucket, mcap_tier, market_cap_usd, circulating_supply, updated_at)
       SELECT r.instrument_id, r.token_chain, r.token_contract, r.bucket, r.mcap_tier, r.market_cap_usd,
              r.circulating_supply, $2::timestamptz
         FROM jsonb_to_recordset($1::jsonb) AS r(
           instrument_id text, token_chain text, token_contract text, bucket text, mcap_tier text,
           market_cap_usd double precision, circulating_supply double precision)
       ON CONFLICT (instrument_id) DO NOTHING`,
      [JSON.stringify(caps), instant(taggedAt)],
    );
  }

  /** Largest first, ties by contract; those tagged at or after `since` only. */
  async list(since = 0): Promise<readonly TokenCap[]> {
    const { rows } = await this.sql.query(
      `SELECT instrument_id, token_chain, token_contract, bucket, mcap_tier, market_cap_usd, circulating_supply,
              updated_at
         FROM token_caps WHERE updated_at >= $1::timestamptz
        ORDER BY market_cap_usd DESC, token_contract`,
      [instant(since)],
    );
    return rows.map((row) => tokenCapSchema.parse(row));
  }

  async find(instrument: string): Promise<TokenCap | undefined> {
    const { rows } = await this.sql.query(
      `SELECT instrument_id, token_chain, token_contract, bucket, mcap_tier, market_cap_usd, circulating_supply,
              updated_at
         FROM token_caps WHERE instrument_id = $1`,
      [instrument],
    );
    return rows[0] === undefined ? undefined : tokenCapSchema.parse(rows[0]);
  }
}
