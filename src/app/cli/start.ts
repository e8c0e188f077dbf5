/**
 * `start`: from nothing to the regimes of real bitcoin. The home, the sample data, a model, the regime of every bar, a
 * report, and a server; what is there already is not done again.
 */
import { homedir } from 'node:os';
import { relative } from 'node:path';
import { createHome } from '../../platform/home.js';
import { VERSION } from '../../platform/package.js';
import { latestJson, statisticsJson } from '../regime/regime-answers.js';
import { type RegimeRun, runRegime } from '../regime/regime-run.js';
import { resolveSymbol } from '../resolve-symbol.js';
import { ensureSample, type SampleImport } from '../sample-import.js';
import type { Services } from '../services.js';
import type { CommandContext } from './command-context.js';
import { trainingOptions, warnOf } from './model-train.js';
import { count, seconds } from './output.js';
import { barsInState, regimeHeading, regimeNow, regimeTable } from './regime-summary.js';
import { type CommandResult, printEnvelope } from './run-command.js';
import { openBrowser, openServer, SERVED } from './serving.js';
import { warnOfNewerMinutes, withServices } from './session.js';

export interface StartFlags {
  readonly offline?: boolean;
  readonly open: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly serve: boolean;
}

export function runStart(context: CommandContext, flags: StartFlags): Promise<CommandResult> {
  createHome(context.home);
  return withServices(context, async (services) => {
    const tell = (line: string): void => {
      if (!context.flags.json) context.say(line);
    };
    services.models.sweep();
    tell(`Tidewatch ${VERSION}  sample data, home ${shortPath(context.home.path)}`);

    const sampleStart = services.clock.now();
    const sample = await importWithProgress(context, services);
    context.signal.throwIfAborted();
    tell(
      step(
        sample.present ? 'sample data there' : 'sample imported',
        `${count(sample.rows)} rows of ${sample.files} files`,
        services.clock.now() - sampleStart,
      ),
    );

    const run = await compute(context, services);
    const { training, history, timing } = run;
    warnOf(context, training.regime);
    tell(step(training.reused ? 'model there' : 'model trained', training.regime.stored.id, timing.train));
    tell(step('regimes', `${count(history.rows.rows)} bars`, timing.history));
    tell(step('report written', `${run.run.run_id}.html`, timing.report));
    tell('');
    tell(regimeHeading(history));
    tell(regimeTable(training.regime, context.style));
    tell(regimeNow(history));
    tell(`Report ${shortPath(run.report)}`);
    const { instrumentId, timeframe } = training.regime.stored;
    await warnOfNewerMinutes(context, services, instrumentId, timeframe);

    const data = answer(context, services, sample, run);
    if (!flags.serve) {
      if (context.flags.json) return { data: { ...data, url: null }, asOf: data.regime.available_at };
      return SERVED;
    }
    const serving = await openServer(context, services);
    if (context.flags.json) {
      printEnvelope('start', context, {
        data: { ...data, url: serving.url },
        asOf: data.regime.available_at,
      });
    } else {
      tell(`Ready. ${serving.url}   Ctrl C stops. Details: tidewatch doctor`);
    }
    if (flags.open && process.stdout.isTTY) openBrowser(serving.url);
    await serving.untilInterrupted();
    return SERVED;
  });
}

async function importWithProgress(context: CommandContext, services: Services): Promise<SampleImport> {
  context.keep('what was imported; start again to go on');
  const progress = context.progress('sample', 'rows');
  try {
    const sample = await ensureSample(services.data, services.clock, (done, total) => {
      progress.update(done, total);
      // between files: what is being published is finished, the rest is imported at the next start
      context.signal.throwIfAborted();
    });
    context.keep(`home ${context.home.path}, sample data`);
    return sample;
  } finally {
    progress.stop();
  }
}

async function compute(context: CommandContext, services: Services): Promise<RegimeRun> {
  const instrument = await resolveSymbol(undefined, context.config.lake.watched, services.data.lake);
  const run = await runRegime(
    services,
    { instrument, timeframe: context.config.hmm.timeframe, options: trainingOptions(context, {}) },
    true,
    context.signal,
  );
  context.keep(`everything in ${context.home.path}`);
  return run;
}

/** `  ok    sample imported    663,224 rows of 21 files                      5.1 s` */
function step(what: string, detail: string, milliseconds: number): string {
  return `  ok    ${what.padEnd(18)} ${detail.padEnd(40)} ${seconds(milliseconds).padStart(7)}`;
}

function answer(context: CommandContext, services: Services, sample: SampleImport, run: RegimeRun) {
  const { training, history } = run;
  return {
    paths: {
      home: context.home.path,
      lake: context.home.lake,
      report: run.report,
      run: run.run.run_id,
    },
    computed: {
      sample_imported: !sample.present,
      sample_rows: sample.rows,
      model_trained: !training.reused,
      regimes_computed: history.computed.rows,
      regimes: history.rows.rows,
    },
    model_id: training.regime.stored.id,
    stats: statisticsJson(training.regime.record),
    regime: { ...latestJson(history, services.clock.now()), bars_in_state: barsInState(history) },
  };
}

/** Relative to here or to the user's folder, where that is shorter. */
function shortPath(path: string): string {
  const here = relative(process.cwd(), path);
  if (!here.startsWith('..')) return `./${here}`;
  const user = homedir();
  return path.startsWith(`${user}/`) ? `~${path.slice(user.length)}` : path;
}
