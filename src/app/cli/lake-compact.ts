import { parseDataset } from '../../data/lake/datasets.js';
import { openLake } from '../open-lake.js';
import type { CommandContext } from './command-context.js';
import type { CommandResult } from './run-command.js';

export async function runLakeCompact(
  context: CommandContext,
  options: { dataset?: string },
): Promise<CommandResult> {
  const dataset = options.dataset === undefined ? undefined : parseDataset(options.dataset);
  const lake = await openLake(context.home, context.config, context.clock);
  try {
    await lake.writer();
    const { merged, deleted } = await lake.compact(dataset);
    return {
      data: { merged: merged.map(({ path }) => path), deleted },
      text: `${merged.length} merged files published, ${deleted.length} replaced files deleted`,
    };
  } finally {
    await lake.close();
  }
}
