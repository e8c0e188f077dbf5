/** `monitor universe`: which assets there were on a day, as known then. */
import { listedAssets } from '../../analysis/neutral/listed-assets.js';
import { snapshotsBeside, universeSnapshot } from '../../data/research-lake/universe-snapshots.js';
import { isoDate } from '../../market/asset-panel.js';
import { parseDay, readMonitorLake } from '../monitor/monitor-lake.js';
import type { CommandContext } from './command-context.js';
import { subjectOf } from './monitor-run.js';
import { count, number, plural, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';

export interface UniverseFlags {
  readonly asof?: string;
  readonly lake?: string;
}

const DAY_MS = 86_400_000;
/** Rows that a terminal shows; all are in the JSON. */
const SHOWN = 40;

export async function runMonitorUniverse(
  context: CommandContext,
  flags: UniverseFlags,
): Promise<CommandResult> {
  const { lake: folder, config } = subjectOf(context, flags.lake === undefined ? {} : { lake: flags.lake });
  const asked = parseDay(flags.asof, '--asof');
  const snapshots = config.data.universe_snapshots_path ?? snapshotsBeside(folder);
  const today = Math.floor(context.clock.now() / DAY_MS);
  const snapshot = await universeSnapshot(snapshots, asked ?? today);
  if (snapshot !== undefined) {
    const { rebalanceDay, members } = snapshot;
    return answer(context, {
      asof: isoDate(asked ?? today),
      source: 'snapshots',
      rebalance_date: rebalanceDay === null ? null : isoDate(rebalanceDay),
      members: members.map((each) => ({
        symbol: each.symbol,
        coingecko_id: each.coingeckoId,
        basket: each.basket,
        rank: each.rank,
        weight: each.weight,
        market_cap: each.marketCap,
        first_date: null,
        last_date: null,
      })),
    });
  }
  const lake = await readMonitorLake(folder, config, asked === undefined ? {} : { end: asked });
  context.warn({
    code: 'no_snapshots',
    message:
      'there are no snapshots of the universe: told from prices, so assets that the lake never held are not in it',
  });
  return answer(context, {
    asof: isoDate(lake.end),
    source: 'prices',
    rebalance_date: null,
    members: listedAssets(lake.panel, lake.end).map((each) => ({
      symbol: each.asset,
      coingecko_id: null,
      basket: null,
      rank: each.rank,
      weight: null,
      market_cap: each.marketCap,
      first_date: isoDate(each.firstDay),
      last_date: isoDate(each.lastDay),
    })),
  });
}

interface Universe {
  readonly asof: string;
  readonly source: 'snapshots' | 'prices';
  readonly rebalance_date: string | null;
  readonly members: readonly {
    readonly symbol: string;
    readonly coingecko_id: string | null;
    readonly basket: string | null;
    readonly rank: number | null;
    readonly weight: number | null;
    readonly market_cap: number | null;
    readonly first_date: string | null;
    readonly last_date: string | null;
  }[];
}

function answer({ style }: CommandContext, universe: Universe): CommandResult {
  const { asof, members, source, rebalance_date: made } = universe;
  return {
    data: universe,
    asOf: Date.parse(`${asof}T00:00:00Z`),
    text: [
      `${asof}  ${plural(members.length, 'asset')}, from ${source === 'prices' ? 'prices' : `the snapshot of ${made ?? 'no earlier day'}`}`,
      renderTable(
        [number('Rank'), text('Asset'), number('Market cap, M USD'), text('First price'), text('Last price')],
        members
          .slice(0, SHOWN)
          .map((each) => [
            each.rank === null ? 'n/a' : String(each.rank),
            each.symbol,
            each.market_cap === null ? 'n/a' : count(Math.round(each.market_cap / 1e6)),
            each.first_date ?? 'n/a',
            each.last_date ?? 'n/a',
          ]),
        style,
      ),
      ...(members.length > SHOWN ? [`${members.length - SHOWN} more: --json has all`] : []),
    ].join('\n'),
  };
}
