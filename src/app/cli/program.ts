/** The command tree. Only names, flags and help live here and in commands/; the work is imported when it runs. */
import { Command } from 'commander';
import { VERSION } from '../../platform/package.js';
import { registerAudit } from './commands/audit.js';
import { registerDb } from './commands/db.js';
import { registerDev } from './commands/dev.js';
import { registerDoctor } from './commands/doctor.js';
import { registerDrivers } from './commands/drivers.js';
import { registerDriversHistory } from './commands/drivers-history.js';
import { registerFeatures } from './commands/features.js';
import { registerFetch } from './commands/fetch.js';
import { registerJobs } from './commands/jobs.js';
import { registerLake } from './commands/lake.js';
import { registerModel } from './commands/model.js';
import { registerMonitor } from './commands/monitor.js';
import { registerRegime } from './commands/regime.js';
import { registerReport } from './commands/report.js';
import { registerServe } from './commands/serve.js';
import { registerStart } from './commands/start.js';
import { registerUp } from './commands/up.js';
import { registerUptrend } from './commands/uptrend.js';
import { registerWatch } from './commands/watch.js';

export function buildProgram(): Command {
  const program = new Command('tidewatch')
    .description('Tells what regime a market is in.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--home <dir>', 'home folder (else TIDEWATCH_HOME, ./.tidewatch, ~/.tidewatch)')
    .option('--config <file>', 'configuration file (else ./tidewatch.yaml, <home>/tidewatch.yaml)')
    .option('--profile <name>', 'behaviour profile of the component that the command drives')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'no progress, no notices; errors only')
    .option('--debug', 'debug log and stack traces on stderr')
    .configureHelp({ showGlobalOptions: true })
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError(true)
    .addHelpText('after', '\nExample:\n  tidewatch start');
  registerStart(program);
  registerUp(program);
  registerServe(program);
  registerWatch(program);
  registerLake(program);
  registerFetch(program);
  registerFeatures(program);
  registerModel(program);
  registerRegime(program);
  registerUptrend(program);
  registerDrivers(program);
  registerMonitor(program);
  registerDriversHistory(program);
  registerReport(program);
  registerAudit(program);
  registerDb(program);
  registerJobs(program);
  registerDoctor(program);
  registerDev(program);
  return program;
}
