import type { Command } from 'commander';
import { runCommand } from '../run-command.js';

export function registerDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('check the environment, the home, the lake and the keys')
    .addHelpText('after', '\nExample:\n  tidewatch doctor --json')
    .action((_options, command: Command) =>
      runCommand(command, 'doctor', async (context) => (await import('../doctor.js')).runDoctor(context)),
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
