/**
 * Minutes of tokens that no price was collected for, while nothing ran or the provider was silent, from the bars of their
 * pools (operations spec §3.3, `bars.catchup`). A day back, the tokens that lack most first, a dozen a run, because the
 * provider allows thirty calls a minute and a token takes two. A minute in which nobody traded has no bar there either:
 * what was asked for in vain is not asked for again by this process. A stored bar stays.
 */
import type { Instrument } from '../../market/instrument.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import type { LakeAccess } from '../ingest/lake-access.js';
import type { GeckoTerminal } from '../venues/geckoterminal.js';
import type { StepError } from './step-result.js';
import { deepestPool, fillFromPool, type TokenPool } from './token-prices.js';

const MINUTE = TIMEFRAME_MS['1m'];
const BACK_MS = 24 * 3_600_000;
const MOST_TOKENS = 12;
/** Bars of one page of the provider. */
const PAGE_BARS = 1000;
/** The newest minutes are still being collected. */
const YOUNG_MS = 2 * MINUTE;

export interface RefilledTokens {
  /** Bars written. */
  readonly rows: number;
  readonly failures: readonly StepError[];
}

/** Remembers, as long as the process lives, which minutes were asked for in vain. */
export class TokenRefill {
  private readonly pools = new Map<string, TokenPool>();
  /** Minutes asked for, by token. */
  private readonly asked = new Map<string, Set<number>>();

  constructor(
    private readonly access: LakeAccess,
    private readonly gecko: () => GeckoTerminal,
    private readonly tokens: readonly Instrument[],
  ) {}

  async run(now: number, signal?: AbortSignal): Promise<RefilledTokens> {
    const to = bucketOpen(now, '1m') - YOUNG_MS;
    const lacking: { readonly token: Instrument; readonly holes: readonly number[] }[] = [];
    for (const token of this.tokens) {
      const holes = await this.holesOf(token, to - BACK_MS, to);
      if (holes.length > 0) lacking.push({ token, holes });
    }
    lacking.sort((a, b) => b.holes.length - a.holes.length);
    const failures: StepError[] = [];
    let rows = 0;
    for (const { token, holes } of lacking.slice(0, MOST_TOKENS)) {
      const end = holes[holes.length - 1]! + MINUTE;
      const window = { from: Math.max(holes[0]!, end - PAGE_BARS * MINUTE), to: end };
      try {
        const pool = this.pools.get(token.id) ?? (await deepestPool(this.gecko(), token, signal));
        if (pool !== undefined) {
          this.pools.set(token.id, pool);
          rows += await fillFromPool(this.access, this.gecko(), pool, token, '1m', window, signal);
        }
        const asked = this.asked.get(token.id) ?? new Set();
        for (const hole of holes) if (hole >= window.from) asked.add(hole);
        this.asked.set(token.id, new Set([...asked].filter((time) => time >= to - BACK_MS)));
      } catch (error) {
        signal?.throwIfAborted();
        failures.push({ subject: token.id, message: error instanceof Error ? error.message : String(error) });
      }
    }
    return { rows, failures };
  }

  private async holesOf({ id }: Instrument, from: number, to: number): Promise<readonly number[]> {
    const { ts } = await this.access.lake.columns('bars', {
      subject: id,
      timeframe: '1m',
      from,
      to,
      columns: [],
    });
    const held = new Set(ts);
    const asked = this.asked.get(id);
    const holes: number[] = [];
    for (let time = from; time < to; time += MINUTE) {
      if (!held.has(time) && !asked?.has(time)) holes.push(time);
    }
    return holes;
  }
}
