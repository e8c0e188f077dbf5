/**
 * Extends the stored regimes as bars arrive, whoever published them. A served home looks once a second whether the bars
 * changed or a bar has closed; then the newest causal model of each series that has stored regimes is brought up to
 * date. Older models and series that nobody asked for are computed when somebody asks: the same rows, since a row is
 * written once and says what its bar knew.
 */
import { statSync } from 'node:fs';
import { TIMEFRAME_MS } from '../../market/timeframe.js';
import type { StoredModel } from '../regime/model-store.js';
import { newestStored } from '../regime/probability-store.js';
import type { Services } from '../services.js';
import type { LakeRevision } from './lake-revision.js';

interface Kept {
  /** What the files of the bars were when its regimes were last extended. */
  readonly listing: string;
  /** When a bar closes after which something may be new although no file is, UTC ms. */
  readonly due: number;
}

export class RegimeKeeper {
  private readonly kept = new Map<string, Kept>();
  private models: { readonly changed: number; readonly newest: readonly StoredModel[] } | undefined;

  constructor(
    private readonly services: Services,
    private readonly revision: LakeRevision,
  ) {}

  /**
   * Stores what the bars that came since say. A model that cannot be extended at the moment is tried again at the next
   * change.
   * @returns rows stored, by model id; models without news are left out
   */
  async extend(onFailure: (error: unknown) => void): Promise<Map<string, number>> {
    const stored = new Map<string, number>();
    for (const model of this.newestModels()) {
      const { key } = await this.revision.of(model.instrumentId);
      const known = this.kept.get(model.id);
      const now = this.services.clock.now();
      if (known && known.listing === key && now < known.due) continue;
      const length = TIMEFRAME_MS[model.timeframe];
      this.kept.set(model.id, { listing: key, due: (Math.floor(now / length) + 1) * length });
      try {
        if ((await newestStored(this.services.data.lake, model)) === undefined) continue;
        const rows = await this.services.regimes.extend(model.id);
        if (rows > 0) stored.set(model.id, rows);
      } catch (error) {
        onFailure(error);
      }
    }
    return stored;
  }

  /** The newest causal model of each series; read again when a model was saved or deleted. */
  private newestModels(): readonly StoredModel[] {
    const { home, models } = this.services;
    const changed = statSync(home.models, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (this.models?.changed !== changed) {
      const bySeries = new Map<string, StoredModel>();
      for (const model of models.list().models) {
        const series = `${model.instrumentId} ${model.timeframe}`;
        if (model.causal && !bySeries.has(series)) bySeries.set(series, model);
      }
      this.models = { changed, newest: [...bySeries.values()] };
    }
    return this.models.newest;
  }
}
