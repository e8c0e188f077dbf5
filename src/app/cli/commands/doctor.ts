import type { Command } from 'commander';
import { runCommand } from '../run-command.js';

export function registerDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('check the environment, the home, the lake, the database and the keys')
    .option(
      '--venue <name>',
      'ask an exchange for its time too: reachable, limits, clock; "all" asks every one',
    )
    .addHelpText('after', '\nExample:\n  tidewatch doctor --venue all')
    .action((options: { venue?: string }, command: Command) =>
      runCommand(command, 'doctor', async (context) =>
        (await import('../doctor.js')).runDoctor(context, options),
      ),
    );
  doctor
    .command('config')
    .description('effective configuration with sources')
    .option('--validate', 'only say whether the configuration is valid')
    .option('--schema', 'the JSON schema of tidewatch.yaml')
    .addHelpText('after', '\nExample:\n  TIDEWATCH_HTTP__PORT=9000 tidewatch doctor config')
    .action((options: { validate?: boolean; schema?: boolean }, command: Command) =>
      runCommand(command, 'doctor config', async (context) =>
        (await import('../doctor-config.js')).runDoctorConfig(context, options),
      ),
    );
}
