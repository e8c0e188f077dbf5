/** Every fault of the drivers' suites by name: what goes wrong, where, and what the runs must have said about it. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { cleanEnvironment } from '../../../test/run-cli.js';
import { createHome, resolveHome } from '../../platform/home.js';
import { ownHome } from '../../platform/home-owner.js';
import {
  anySourceOf,
  binance,
  coingecko,
  frozen,
  HOUR,
  isOn,
  jumpingBy,
  late,
  type Meddle,
  meddling,
  minuteOf,
  outlier,
  refusing,
  scaled,
  shares,
  type Trouble,
} from './driver-faults.fixture.js';

/** What each minute of the short run has to bear. */
export const STORM: readonly Meddle[] = [
  meddling(
    binance(),
    () => null,
    (now) => minuteOf(now) === 2,
  ),
  meddling(
    anySourceOf('SOL'),
    () => null,
    (now) => minuteOf(now) === 2,
  ),
  meddling(
    anySourceOf('BTC'),
    () => null,
    (now) => minuteOf(now) === 3,
  ),
  ...(
    [
      [binance('BTCUSDT'), frozen],
      [binance('SOLUSDT'), scaled(100)],
      [binance('ETHUSDT'), outlier],
      [binance('BNBUSDT'), late],
    ] as const
  ).map(([fits, change]) => meddling(fits, change, (now) => minuteOf(now) === 4)),
];

export const CASES: readonly (readonly [source: string, fault: string, trouble: () => Trouble])[] = [
  ['binance', 'missing: every answer is an error', () => ({ meddle: meddling(binance(), () => null) })],
  [
    'all sources of SOL',
    'missing: three coins carry ALT',
    () => ({ meddle: meddling(anySourceOf('SOL'), () => null) }),
  ],
  [
    'all sources of BTC',
    'missing: BTC has no bar meanwhile',
    () => ({
      meddle: meddling(anySourceOf('BTC'), () => null),
      seen: (messages) => expect(messages.length).toBeGreaterThan(0),
    }),
  ],
  [
    'binance',
    'late: bars of the last minutes are not there yet',
    () => ({ meddle: meddling(binance(), late) }),
  ],
  [
    'binance BTC',
    'frozen: the last bar again and again',
    () => ({ meddle: meddling(binance('BTCUSDT'), frozen) }),
  ],
  [
    'binance SOL',
    'wrong unit: prices a hundred times too high',
    () => ({ meddle: meddling(binance('SOLUSDT'), scaled(100)) }),
  ],
  [
    'binance ETH',
    'outlier: every other bar ten times too high',
    () => ({ meddle: meddling(binance('ETHUSDT'), outlier) }),
  ],
  [
    'binance and hyperliquid',
    'disagree by 5 % about BTC',
    () => ({ meddle: meddling(binance('BTCUSDT'), scaled(1.05)) }),
  ],
  [
    'database',
    'down for five minutes: it refuses every call',
    () => {
      let isDown = false;
      return {
        before: (home, minute) => {
          if (minute === 1) refusing(home, () => isDown);
          isDown = isOn(home.simulator.now());
        },
        seen: (messages) => expect(messages).toContain('the database is down'),
      };
    },
  ],
  ['clock', 'jumps an hour ahead and back', () => jumpingBy(HOUR)],
  ['clock', 'jumps an hour back and ahead', () => jumpingBy(-HOUR)],
  ['clock', 'is an hour behind from the start of the process on', () => ({ clockOffset: () => -HOUR })],
  [
    'home',
    'a second process wants it: refused, and nothing changes',
    () => ({
      async before(home, minute) {
        if (minute !== 4) return;
        const wanted = createHome(resolveHome({ flag: home.folder, env: {}, cwd: home.folder }));
        const owner = await ownHome(wanted);
        try {
          const other = spawn(process.execPath, ['test/chaos/home-contender.mjs', home.folder], {
            env: cleanEnvironment(),
            stdio: ['pipe', 'pipe', 'inherit'],
          });
          other.stdin!.end('try\n');
          expect(await text(other.stdout!)).toContain('"code":"home_in_use"');
        } finally {
          await owner.release();
        }
      },
    }),
  ],
];

/** Samples that a provider did not give, or gave wrong. */
export const LOST_SAMPLES: typeof CASES = [
  ['coingecko', 'missing for a poll', () => ({ meddle: meddling(coingecko, () => null) })],
  [
    'coingecko',
    'wrong unit: fractions in place of percent',
    () => ({
      meddle: meddling(
        coingecko,
        shares((share) => share / 100),
      ),
      seen: (messages) => expect(messages.join()).toContain('is no change of dominance'),
    }),
  ],
  [
    'coingecko',
    'outlier: three times the share',
    () => ({
      meddle: meddling(
        coingecko,
        shares((share) => Math.min(99, share * 3)),
      ),
    }),
  ],
  [
    'coingecko',
    'zero for both shares',
    () => ({
      meddle: meddling(
        coingecko,
        shares(() => 0),
      ),
    }),
  ],
];
