#!/usr/bin/env node
/** Entry of the command line: builds the tree, runs one command, answers usage errors with exit code 2. */
import { type Command, CommanderError } from 'commander';
import { TidewatchError } from '../../errors.js';
import { buildProgram } from './program.js';
import { reportError } from './run-command.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0); // the reader (head, less) has seen enough
  throw error;
});

const started = Date.now();
const program = buildProgram();
let usageText = '';
const prepare = (command: Command): void => {
  command
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeErr: (line) => {
        usageText += line;
      },
      outputError: (line, write) => write(line),
    });
  for (const child of command.commands) prepare(child);
};
prepare(program);

try {
  if (process.argv.length === 2) program.outputHelp();
  else await program.parseAsync(process.argv);
} catch (error) {
  const flags = { json: process.argv.includes('--json'), debug: process.argv.includes('--debug') };
  const ending = { name: 'tidewatch', flags, context: undefined, started };
  if (!(error instanceof CommanderError)) {
    process.exitCode = reportError(error, ending);
  } else if (error.exitCode !== 0 || error.code === 'commander.help') {
    process.exitCode = reportError(usageError(error), ending);
  }
}

function usageError(error: CommanderError): TidewatchError {
  if (error.code === 'commander.help') {
    const listed = usageText.slice(usageText.indexOf('Commands:'));
    return new TidewatchError('bad_parameter', 'a command is missing', {
      hint: `choose one:\n${listed.trimEnd()}`,
    });
  }
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  return new TidewatchError('bad_parameter', first, {
    hint: suggestion?.replace(/^\(|\)$/g, '') ?? 'see: tidewatch --help',
  });
}
