import { parseDataset } from '../../data/lake/datasets.js';
import { HomeLake } from '../home-lake.js';
import type { CommandContext } from './command-context.js';
import type { CommandResult } from './run-command.js';

export async function runLakeCompact(
  context: CommandContext,
  options: { dataset?: string },
): Promise<CommandResult> {
  const dataset = options.dataset === undefined ? undefined : parseDataset(options.dataset);
  const data = await HomeLake.open(context.home, context.config, context.clock);
  try {
    const { merged, deleted, damaged } = await data.write((writer) => writer.compact(dataset));
    return {
      data: { merged: merged.map(({ path }) => path), deleted, damaged },
      text: `${merged.length} merged files published, ${deleted.length} replaced files deleted`,
    };
  } finally {
    await data.close();
  }
}
