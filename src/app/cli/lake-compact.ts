import { parseDataset } from '../../data/lake/datasets.js';
import { compactLake } from '../compact-lake.js';
import { HomeLake } from '../home-lake.js';
import type { CommandContext } from './command-context.js';
import type { CommandResult } from './run-command.js';

export async function runLakeCompact(
  context: CommandContext,
  options: { dataset?: string },
): Promise<CommandResult> {
  const dataset = options.dataset === undefined ? undefined : parseDataset(options.dataset);
  const data = await HomeLake.open(context.home, context.config, context.clock);
  const progress = context.progress('compact', 'folders');
  try {
    const { merged, deleted, damaged } = await compactLake(data, {
      dataset,
      signal: context.signal,
      onProgress: (done, total) => progress.update(done, total),
    });
    for (const path of damaged) {
      context.warn({ code: 'corrupt_file', message: `${path} is damaged and was left as it is` });
    }
    return {
      data: { merged: merged.map(({ path }) => path), deleted, damaged },
      text: `${merged.length} merged files published, ${deleted.length} replaced files deleted`,
    };
  } finally {
    progress.stop();
    await data.close();
  }
}
