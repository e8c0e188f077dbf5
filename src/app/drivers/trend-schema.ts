/** What A and E read of a stored trend; the rest of the document is left alone. */
import { z } from 'zod';

const flag = z.boolean().optional();

export const trendSchema = z.object({
  state: z.string(),
  prev_state: z.string(),
  ts: z.number(),
  warm: flag,
  buy_signal: flag,
  buy_flag: flag,
  trim_flag: flag,
  first_dip_buy_flag: flag,
  emergency_exit: flag,
  reclaimed_ema333: flag,
  rebuy_flag: flag,
  entered_from: z.string().optional(),
  bars_in_state: z.int().nonnegative().optional(),
});
