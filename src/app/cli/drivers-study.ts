/** `drivers study`: the figures of docs/studies/posture.md, computed again. */
import { createHash } from 'node:crypto';
import { SAMPLE_FOLDER } from '../../platform/package.js';
import { studyPosture } from '../posture-study/posture-study.js';
import { studyText } from '../posture-study/study-text.js';
import type { CommandContext } from './command-context.js';
import { parseWhole } from './flags.js';
import type { CommandResult } from './run-command.js';

export interface StudyFlags {
  readonly data?: string;
  readonly draws: string;
  readonly seed: string;
}

export async function runDriversStudy(context: CommandContext, flags: StudyFlags): Promise<CommandResult> {
  const draws = parseWhole(flags.draws, 'draws', 20, 100_000);
  const seed = parseWhole(flags.seed, 'seed', 0, 4_294_967_295);
  const progress = context.progress('posture study', 'steps');
  try {
    const study = await studyPosture(
      { folder: flags.data ?? SAMPLE_FOLDER, draws, seed, signal: context.signal },
      (done, total, what) => progress.update(done, total, what),
    );
    const sha256 = createHash('sha256').update(JSON.stringify(study)).digest('hex');
    return {
      data: { sha256, study },
      text: `${studyText(study)}\n\nSHA-256 of the figures: ${sha256}`,
    };
  } finally {
    progress.stop();
  }
}
