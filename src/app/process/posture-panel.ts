/** The panel of a start (operations spec §2): newest values of the drivers, their states, A and E. */
import { REGIME_TIMEFRAMES } from '../../analysis/drivers/driver.js';
import { MATURE_BARS } from '../../analysis/drivers/driver-ta.js';
import type { DriverCell, DriversAnswer } from '../drivers/driver-answers.js';

/** Drivers and postures for the terminal's panel. */
export interface PosturePanel {
  /** Close of the newest bar of any timeframe: USD, index points, or percent for dominance. */
  readonly values: readonly {
    readonly driver: string;
    readonly value: number | null;
    readonly age_ms: number | null;
  }[];
  /** Like `S1`, `S1?(120)` on 120 bars where 333 are needed, `?(12)` before there is a state. */
  readonly states: readonly {
    readonly driver: string;
    readonly '1d': string;
    readonly '1h': string;
    readonly '1m': string;
  }[];
  readonly posture: readonly {
    readonly bucket: string;
    readonly a: number;
    readonly e: number;
    readonly coverage: number;
  }[];
}

/** Drivers whose value a person looks for. */
const SHOWN = ['BTC', 'ALT', 'BTC.d', 'USDT.d'];

export function posturePanel({ cells, posture }: DriversAnswer): PosturePanel {
  const names = [...new Set(cells.map(({ driver }) => driver))];
  return {
    values: SHOWN.map((driver) => {
      const own = cells.filter((cell) => cell.driver === driver && cell.age_ms !== null);
      const newest = own.sort((a, b) => a.age_ms! - b.age_ms!)[0];
      return { driver, value: newest?.close ?? null, age_ms: newest?.age_ms ?? null };
    }),
    states: names.map((driver) => {
      const [macro, meso, micro] = REGIME_TIMEFRAMES.map((timeframe) =>
        stateWord(cells.find((cell) => cell.driver === driver && cell.timeframe === timeframe)!),
      );
      return { driver, '1d': macro!, '1h': meso!, '1m': micro! };
    }),
    posture: posture.map(({ bucket, a, e, coverage }) => ({ bucket, a, e, coverage })),
  };
}

function stateWord({ state, bars }: DriverCell): string {
  return `${state ?? ''}${state === null || bars < MATURE_BARS ? `?(${bars})` : ''}`;
}
