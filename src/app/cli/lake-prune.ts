/** `lake prune`: removes what is older than lake.retention allows, after it has said what that is and been told to. */
import type { Expiry } from '../../data/lake/retention.js';
import { HomeLake } from '../home-lake.js';
import { expiredIn, removeFrom } from '../prune-lake.js';
import type { CommandContext } from './command-context.js';
import { bytes, count, number, plural, renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';

export interface PruneFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export async function runLakePrune(context: CommandContext, flags: PruneFlags): Promise<CommandResult> {
  const data = await HomeLake.open(context.home, context.config, context.clock);
  try {
    const expiries = await expiredIn(data, context.config, context.clock.now());
    const table = tableOf(expiries, context);
    const total = sumOf(expiries);
    if (expiries.length === 0 || flags.dryRun) {
      return { data: answer(expiries, 0), text: table };
    }
    context.notice(table);
    await context.confirm(`Delete ${count(total.rows)} rows (${bytes(total.bytes)})`, flags.yes === true);
    const removed = await remove(data, context, expiries);
    return { data: answer(expiries, removed), text: `${count(removed)} rows deleted` };
  } finally {
    await data.close();
  }
}

async function remove(data: HomeLake, context: CommandContext, expiries: readonly Expiry[]): Promise<number> {
  const progress = context.progress('prune', 'months');
  const onProgress = (done: number): void => {
    progress.update(done, expiries.length);
    context.keep(`everything but ${plural(done, 'month')} of a series`);
  };
  try {
    const { clock, signal } = context;
    return await removeFrom(data, expiries, { now: clock.now(), signal, onProgress });
  } finally {
    progress.stop();
  }
}

function sumOf(expiries: readonly Expiry[]): { rows: number; bytes: number } {
  return {
    rows: expiries.reduce((sum, { rows }) => sum + rows, 0),
    bytes: expiries.reduce((sum, expiry) => sum + expiry.bytes, 0),
  };
}

function answer(expiries: readonly Expiry[], removed: number) {
  return { expired: expiries, ...sumOf(expiries), rows_deleted: removed };
}

function tableOf(expiries: readonly Expiry[], { config, style }: CommandContext): string {
  if (config.lake.retention.length === 0) {
    return 'Everything is kept: lake.retention in tidewatch.yaml names no dataset';
  }
  if (expiries.length === 0) return 'Nothing is older than lake.retention allows';
  const places = new Map<string, Expiry[]>();
  for (const expiry of expiries) {
    const place = `${expiry.dataset} ${expiry.venue} ${expiry.timeframe}`;
    places.set(place, [...(places.get(place) ?? []), expiry]);
  }
  return renderTable(
    [
      text('Dataset'),
      text('Venue'),
      text('TF'),
      text('Months'),
      text('to'),
      number('Series'),
      number('Rows'),
      number('Size'),
    ],
    [...places.values()].map((months) => {
      const { dataset, venue, timeframe } = months[0]!;
      const periods = months.map(({ period }) => period).sort();
      const { rows, bytes: size } = sumOf(months);
      return [
        dataset,
        venue,
        timeframe === 'none' ? '' : timeframe,
        periods[0]!,
        periods.at(-1)!,
        count(new Set(months.flatMap(({ subjects }) => subjects)).size),
        count(rows),
        bytes(size),
      ];
    }),
    style,
  );
}
