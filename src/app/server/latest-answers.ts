/**
 * The newest regime, asked for far more often than it changes. An answer is kept as text until a file of the lake or
 * of the models changes, and never longer than a second, because a bar may close without any file changing; only its
 * age is written anew. Equal questions that come while one is being answered wait for that answer.
 */
import { statSync } from 'node:fs';
import { latestJson } from '../regime/regime-answers.js';
import type { RegimeHistory } from '../regime/regime-service.js';
import type { Services } from '../services.js';
import type { LakeRevision } from './lake-revision.js';

const KEPT_MS = 1000;
const MOST_ANSWERS = 500;

interface Kept {
  /** Up to the value of `age_ms`, which comes last. */
  readonly text: string;
  /** Close of the bar, UTC ms. */
  readonly availableAt: number;
  readonly instrument: string;
  readonly listing: string;
  readonly models: number;
  readonly at: number;
}

export class LatestAnswers {
  private readonly kept = new Map<string, Kept>();
  private readonly asked = new Map<string, Promise<Kept>>();

  constructor(
    private readonly services: Services,
    private readonly revision: LakeRevision,
  ) {}

  /**
   * The answer as JSON text.
   * @param question text that is equal for equal questions
   */
  async answer(question: string, ask: () => Promise<RegimeHistory>): Promise<string> {
    let kept = this.kept.get(question);
    if (kept === undefined || !(await this.isCurrent(kept))) {
      let asking = this.asked.get(question);
      if (!asking) {
        asking = this.ask(ask).finally(() => this.asked.delete(question));
        this.asked.set(question, asking);
      }
      kept = await asking;
      this.keep(question, kept);
    }
    return `${kept.text}${this.services.clock.now() - kept.availableAt}}`;
  }

  private async isCurrent({ at, models, instrument, listing }: Kept): Promise<boolean> {
    if (performance.now() - at > KEPT_MS || models !== this.modelsRevision()) return false;
    return (await this.revision.of(instrument)).key === listing;
  }

  private async ask(ask: () => Promise<RegimeHistory>): Promise<Kept> {
    const asked = performance.now();
    const models = this.modelsRevision();
    const { fresh } = this.services.data.lake;
    const before = fresh.changes;
    const history = await ask();
    // a bar that closed meanwhile may be in or not: such an answer is asked for again
    const at = fresh.changes === before ? asked : Number.NEGATIVE_INFINITY;
    const instrument = history.regime.stored.instrumentId;
    const { age_ms, ...rest } = latestJson(history, 0);
    const { key: listing } = await this.revision.of(instrument);
    return {
      text: `${JSON.stringify(rest).slice(0, -1)},"age_ms":`,
      availableAt: -age_ms,
      instrument,
      listing,
      models,
      at,
    };
  }

  /** A model that is saved or deleted changes its folder. */
  private modelsRevision(): number {
    return statSync(this.services.home.models, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  private keep(question: string, kept: Kept): void {
    this.kept.delete(question);
    this.kept.set(question, kept);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_ANSWERS) this.kept.delete(oldest!);
  }
}
