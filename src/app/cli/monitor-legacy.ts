/** `monitor legacy`: the 0-to-100 score, live, over history, filled up, or as a file. */
import { dirname, join, resolve } from 'node:path';
import { LEGACY_NUMBERS, legacyZ } from '../../analysis/legacy-score/legacy-score.js';
import { TidewatchError } from '../../errors.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';
import { createHome } from '../../platform/home.js';
import {
  type LegacyHistory,
  legacyCsv,
  readLegacyHistory,
  writeLegacyHistory,
} from '../monitor/legacy-history.js';
import { legacyRows, liveRow, missingDays } from '../monitor/legacy-rows.js';
import { fixedAlts, LISTED_ALTS, legacySources, liveSources } from '../monitor/legacy-sources.js';
import type { CommandContext } from './command-context.js';
import { parseChoice, parseWhole } from './flags.js';
import { day as dayText, number, plural, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export interface LegacyFlags {
  readonly days?: string;
  readonly alts?: string;
  readonly file?: string;
  readonly out?: string;
}

const MODES = ['live', 'historical', 'backfill', 'update', 'extract'] as const;
const DAY_MS = 86_400_000;
const HISTORICAL_ALTS = 60;

export async function runMonitorLegacy(
  context: CommandContext,
  asked: string | undefined,
  flags: LegacyFlags,
): Promise<CommandResult> {
  const mode = parseChoice(asked ?? 'live', 'mode', MODES);
  const folder = resolve(flags.out ?? join(context.home.reports, 'majors-alts'));
  const path = resolve(flags.file ?? join(folder, 'regime_history.csv'));
  const history = readLegacyHistory(path);
  if (mode === 'extract') return extract(context, history, folder, path, flags.days);
  const today = Math.floor(context.clock.now() / DAY_MS);
  const count = parseWhole(flags.days ?? '720', '--days', 1, 5_000);
  const wanted =
    mode === 'live'
      ? [today]
      : mode === 'historical'
        ? Array.from({ length: count }, (_, i) => today - count + 1 + i)
        : missingDays(history, today);
  if (mode !== 'live' && mode !== 'historical' && history.size === 0) {
    throw new TidewatchError('no_data', `${path} holds no row to fill up from`, {
      hint: 'begin with: tidewatch monitor legacy historical',
    });
  }
  if (wanted.length === 0) {
    return { data: { mode, file: path, rows: history.size, added: 0 }, text: 'Nothing is missing.' };
  }
  const alts = parseWhole(
    flags.alts ?? String(mode === 'live' ? LISTED_ALTS : HISTORICAL_ALTS),
    '--alts',
    1,
    240,
  );
  createHome(context.home);
  const listed = join(dirname(path), 'legacy_alts.json');
  const added = await fetchRows(context, { wanted, alts, history, listed, isLive: mode === 'live' });
  for (const [each, row] of added) history.set(each, row);
  writeLegacyHistory(path, history);
  context.keep(path);
  const newest = Math.max(...history.keys());
  const row = history.get(newest);
  if (row === undefined || !added.has(newest)) {
    context.warn({ code: 'no_row', message: 'the providers gave no price of BTC for the newest day' });
  }
  const earlier = [...history]
    .filter(([each]) => each < newest)
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each);
  const z =
    row &&
    Object.fromEntries(
      LEGACY_NUMBERS.map((name) => [
        name,
        legacyZ(
          earlier.map((each) => each[name]),
          row[name],
        ),
      ]),
    );
  return {
    data: {
      mode,
      file: path,
      rows: history.size,
      added: added.size,
      latest: row && { date: dayText(newest * DAY_MS), ...row, z },
    },
    exit: added.size === wanted.length ? 0 : 1,
    asOf: newest * DAY_MS,
    text: [
      row === undefined
        ? 'No row.'
        : `${dayText(newest * DAY_MS)}  score ${row.regime_score.toFixed(1)} of 100  ${row.bucket}`,
      ...(row === undefined || z === undefined
        ? []
        : [
            renderTable(
              [text('Feature'), number('Value'), number('z')],
              LEGACY_NUMBERS.map((name) => [name, row[name].toFixed(4), z[name]!.toFixed(2)]),
              context.style,
            ),
          ]),
      `${plural(added.size, 'row')} of ${wanted.length} written, ${history.size} in ${path}`,
    ].join('\n'),
  };
}

interface Wanted {
  readonly wanted: readonly number[];
  /** Coins of the list to ask for, from its beginning. */
  readonly alts: number;
  readonly history: LegacyHistory;
  /** File of the list. */
  readonly listed: string;
  readonly isLive: boolean;
}

function fetchRows(
  context: CommandContext,
  { wanted, alts, history, listed, isLive }: Wanted,
): Promise<LegacyHistory> {
  return withServices(context, async ({ venues, loaded, clock }) => {
    const { TIDEWATCH_COINGLASS_API_KEY: key, TIDEWATCH_COINGECKO_API_KEY: geckoKey } = loaded.environment;
    if (!key) {
      throw new TidewatchError(
        'missing_secret',
        'CoinGlass asks for a key · TIDEWATCH_COINGLASS_API_KEY is not set',
        {
          hint: 'set it; `monitor legacy extract` needs none',
        },
      );
    }
    const gecko = venues.coingecko(geckoKey || undefined);
    const coins = (await fixedAlts(listed, gecko, clock.now(), context.signal)).slice(0, alts);
    const progress = context.progress('legacy', 'calls');
    try {
      const options = {
        from: Math.min(...wanted) - 7,
        to: Math.max(...wanted),
        now: clock.now(),
        signal: context.signal,
        onCall: (done: number, total: number, what: string) => progress.update(done, total, what),
        onMissing: (coin: string, why: string) =>
          context.warn({ code: 'left_out', message: `${coin} is left out: ${why}` }),
      };
      const glass = venues.coinglass(key);
      if (isLive) return liveRow(await liveSources(gecko, glass, coins, options), wanted[0]!, history);
      const sources = await legacySources(gecko, glass, coins, options);
      return legacyRows(sources, wanted, history);
    } finally {
      progress.stop();
    }
  });
}

/** The last rows as a file of their own. */
function extract(
  context: CommandContext,
  history: LegacyHistory,
  folder: string,
  path: string,
  days: string | undefined,
): CommandResult {
  const count = parseWhole(days ?? '365', '--days', 1, 100_000);
  if (history.size === 0) {
    throw new TidewatchError('no_data', `${path} holds no row`, {
      hint: 'begin with: tidewatch monitor legacy historical',
    });
  }
  createHome(context.home);
  const file = join(folder, 'legacy_extract.csv');
  writeFileAtomic(file, legacyCsv(history, count));
  const rows = Math.min(count, history.size);
  return {
    data: { mode: 'extract', file, rows },
    text: `${plural(rows, 'row')} in ${file}`,
  };
}
