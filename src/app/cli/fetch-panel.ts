/** `fetch panel`: daily facts of many coins into the panel of the home, or into a research lake that is named. */
import { join, resolve } from 'node:path';
import { fetchPanel, PANEL_FACTS, type PanelCoinReport, type PanelReport } from '../../data/ingest/panel.js';
import { chosenAssets, coinsOf, SYMBOL_SOURCES } from '../../data/ingest/panel-coins.js';
import { normaliseSymbol } from '../../data/research-lake/normalise-symbol.js';
import { dayName, dayOf } from '../../data/research-lake/research-panel.js';
import { ResearchLakeWriter } from '../../data/research-lake/write-facts.js';
import { realTimer } from '../../data/venues/timer.js';
import { EXIT, TidewatchError } from '../../errors.js';
import { withSeries } from '../fetch/series-lock.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { warnOfDamage } from './fetch-once.js';
import { parseChoice, parseRange, parseWhole } from './flags.js';
import { count, number, plural, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';
import { withServices } from './session.js';

export interface PanelFlags {
  readonly funding?: boolean;
  readonly oi?: boolean;
  readonly liquidations?: boolean;
  readonly caps?: boolean;
  readonly symbols?: string;
  readonly symbolsSource?: string;
  readonly exchange: string;
  readonly from?: string;
  readonly to?: string;
  readonly liquidityGate?: boolean;
  readonly incremental?: boolean;
  readonly rateLimit: string;
  readonly lake?: string;
}

const DAY = 86_400_000;
const USUAL_DAYS = 730;
/** Coins that a symbol is looked for among. */
const COINS_LOOKED_AT = 1000;
/** Rows that a table lists; all are in the JSON. */
const SHOWN = 40;

/** The panel of a home, in the layout of majors-alts spec §1. */
export function panelFolder(lake: string): string {
  return join(lake, 'panel', 'curated', 'data_lake');
}

/** @throws TidewatchError `missing_secret`, `job_running`, and what fetchPanel throws */
export function runFetchPanel(context: CommandContext, flags: PanelFlags): Promise<CommandResult> {
  const asked = PANEL_FACTS.filter((fact) => flags[fact] === true);
  // caps come from another provider and only when asked for
  const facts = asked.length > 0 ? asked : PANEL_FACTS.filter((fact) => fact !== 'caps');
  const source = parseChoice(flags.symbolsSource ?? 'auto', '--symbols-source', SYMBOL_SOURCES);
  const rateLimit = parseWhole(flags.rateLimit, '--rate-limit', 1, 600);
  const { from, to } = daysOf(context, flags);
  const key = context.loaded.environment.TIDEWATCH_COINGLASS_API_KEY;
  if (!key && facts.some((fact) => fact !== 'caps')) {
    throw new TidewatchError(
      'missing_secret',
      'CoinGlass asks for a key · TIDEWATCH_COINGLASS_API_KEY is not set',
      {
        hint: 'set it, or fetch caps alone: tidewatch fetch panel --caps',
        details: { variable: 'TIDEWATCH_COINGLASS_API_KEY' },
      },
    );
  }
  return withServices(context, async (services) => {
    const folder = flags.lake === undefined ? panelFolder(services.home.lake) : resolve(flags.lake);
    return withSeries(services.home, `panel ${folder}`, async () => {
      const lake = ResearchLakeWriter.open(folder);
      try {
        const { venues } = services;
        const coingecko = venues.coingecko(
          context.loaded.environment.TIDEWATCH_COINGECKO_API_KEY || undefined,
        );
        const assets = flags.symbols
          ? [...new Set(flags.symbols.split(',').map(normaliseSymbol))].filter((each) => each !== '')
          : await chosenAssets({
              lake,
              source,
              listings: () => venues.of('binanceusdm').markets(context.signal),
              isGated: flags.liquidityGate === true,
            });
        const wantsCaps = facts.includes('caps');
        const { coins, newAssets } = await coinsOf(
          lake,
          assets,
          wantsCaps ? () => coingecko.marketCaps(COINS_LOOKED_AT, context.signal) : undefined,
        );
        await lake.merge('dim_asset', newAssets);
        const report = await fetched(context, services, (tell) =>
          fetchPanel({
            lake,
            coinglass: key ? venues.coinglass(key) : undefined,
            coingecko,
            facts,
            coins,
            exchange: flags.exchange,
            from,
            to,
            incremental: flags.incremental === true,
            rateLimit,
            timer: realTimer,
            signal: context.signal,
            onProgress: (done, rows, coin) => tell(done, coins.length * facts.length, rows, coin),
          }),
        );
        warnOfDamage(context, venues);
        return answerOf(context, folder, report);
      } finally {
        await lake.close();
      }
    });
  });
}

/** First and last day, both included. */
function daysOf({ clock }: CommandContext, flags: PanelFlags): { from: number; to: number } {
  const range = parseRange(flags.from, flags.to);
  // half-open as everywhere: a range that ends at midnight ends with the day before
  const to = dayOf((range.to ?? clock.now()) - 1);
  return { from: range.from === undefined ? to - USUAL_DAYS + 1 : dayOf(range.from), to };
}

async function fetched(
  context: CommandContext,
  { venues }: Services,
  run: (tell: (done: number, total: number, rows: number, coin: string) => void) => Promise<PanelReport>,
): Promise<PanelReport> {
  const progress = context.progress('daily facts', 'coins');
  const quiet = venues.onBlocked(({ venue, reason, until }) => {
    const waits = Math.max(1, Math.round((until - context.clock.now()) / 1000));
    context.notice(
      `${venue} is blocked: ${reason}, until ${new Date(until).toISOString().slice(11, 19)} UTC (${waits} s)`,
    );
  });
  try {
    return await run((done, total, rows, coin) => {
      progress.update(done, total, coin);
      context.keep(`${count(rows)} rows, merged every 25 coins; run it again with --incremental to go on`);
    });
  } finally {
    quiet();
    progress.stop();
  }
}

function answerOf(context: CommandContext, folder: string, report: PanelReport): CommandResult {
  for (const warning of report.warnings) context.warn({ ...warning });
  const failed = report.coins.filter(({ outcome }) => outcome === 'skipped' || outcome === 'no_data');
  const added = Object.values(report.added).reduce((sum, rows) => sum + rows, 0);
  const cells = ({ asset, fact, outcome, rows, firstDay, lastDay, reason }: PanelCoinReport): string[] => [
    asset,
    fact,
    reason ?? outcome.replaceAll('_', ' '),
    count(rows),
    firstDay === null ? '' : dayName(firstDay),
    lastDay === null ? '' : dayName(lastDay),
  ];
  return {
    data: {
      lake: folder,
      from: report.from * DAY,
      to: (report.to + 1) * DAY,
      added: report.added,
      symbols: report.coins.map(({ asset, fact, outcome, rows, firstDay, lastDay, reason }) => ({
        symbol: asset,
        fact,
        outcome,
        rows,
        first_date: firstDay === null ? null : dayName(firstDay),
        last_date: lastDay === null ? null : dayName(lastDay),
        reason,
      })),
    },
    text: [
      renderTable(
        [text('Coin'), text('Fact'), text('Outcome'), number('Rows'), text('From'), text('To')],
        report.coins.slice(0, SHOWN).map(cells),
        context.style,
      ),
      ...(report.coins.length > SHOWN ? [`… ${report.coins.length - SHOWN} more; --json has all`] : []),
      `${count(added)} new rows in ${folder}`,
      ...(failed.length > 0 ? [`${plural(failed.length, 'answer')} without data`] : []),
    ].join('\n'),
    exit: failed.length > 0 ? EXIT.findings : EXIT.ok,
  };
}
