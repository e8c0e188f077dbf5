import type { CommandContext } from './command-context.js';
import { type CommandResult, printEnvelope } from './run-command.js';
import { openBrowser, openServer, SERVED } from './serving.js';
import { withServices } from './session.js';

export interface ServeFlags {
  readonly host?: string;
  readonly port?: string;
  readonly open?: boolean;
}

/** `serve`: the URL, then (with --json) one object per request, until Ctrl-C. */
export function runServe(context: CommandContext, flags: ServeFlags): Promise<CommandResult> {
  return withServices(context, async (services) => {
    const { json } = context.flags;
    const serving = await openServer(
      context,
      services,
      json ? (entry) => context.say(JSON.stringify(entry)) : undefined,
    );
    if (json) printEnvelope('serve', context, { data: { url: serving.url } });
    else context.say(`Ready. ${serving.url}   Ctrl C stops.`);
    if (flags.open) openBrowser(serving.url);
    context.keep('everything that was stored');
    await serving.untilInterrupted();
    return SERVED;
  });
}
