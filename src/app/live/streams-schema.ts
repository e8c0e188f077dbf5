/** What is told of running streams. Pure zod. */
import { z } from 'zod';

const epochMs = z.number().describe('UTC epoch milliseconds');

export const streamsAnswer = z.object({
  running: z.boolean().describe('This process follows streams'),
  since: epochMs.nullable().describe('When they were started'),
  as_of: epochMs,
  connections: z.array(
    z.object({
      venue: z.string(),
      connection: z.int(),
      state: z.enum(['connecting', 'open', 'waiting']),
      connected: z.boolean(),
      topics: z.int(),
      last_data_ts: epochMs.nullable().describe('Our clock at the last frame with data'),
      data_age_ms: z.number().nullable(),
      reconnects: z.int(),
      frames: z.int(),
      bad_frames: z.int().describe('Frames that could not be read'),
      last_error: z.string().nullable().describe('Why it was last cut or could not be opened'),
    }),
  ),
  clocks: z.array(
    z.object({
      venue: z.string(),
      skew_ms: z.number().nullable().describe("Venue's clock minus ours"),
      measured_at: epochMs.nullable(),
    }),
  ),
  series: z.array(
    z.object({
      instrument_id: z.string(),
      state: z
        .enum(['down', 'filling', 'live', 'gap'])
        .describe('gap: it flows, but minutes may be missing that the venue cannot give at present'),
      price: z.number().nullable(),
      last_bar_ts: epochMs.nullable().describe('Open time of the newest closed minute'),
      age_ms: z.number().nullable().describe('Since its close'),
      last_update_ts: epochMs.nullable().describe('Our clock when its stream last said anything'),
      settled_to: epochMs.nullable().describe("Minutes before this were confirmed by the venue's pages"),
      gaps_filled: z.int().describe('Minutes since the start that pages gave because the stream had not'),
      corrections: z.int().describe('Closed minutes that were told otherwise at first'),
      refusal: z.string().nullable().describe('Why the venue does not serve its stream: often its name'),
    }),
  ),
  left_out: z.array(z.object({ instrument_id: z.string(), reason: z.string() })),
  waiting_rows: z.int().describe('Closed bars that are not on disk yet'),
  waiting_ms: z.number().describe('Age of the oldest of them'),
  write_error: z.string().nullable().describe('Why the last publication failed'),
  dropped: z.int().describe('Forming updates left out because a reader was slow'),
  rolled_up_at: epochMs.nullable().describe('When roll-ups were last written'),
});

export type StreamsJson = z.infer<typeof streamsAnswer>;
