/**
 * Trained models in <home>/models, one JSON file each, written atomically. What a model is is read from its record,
 * never from its name; the name only has to be safe in a path (HMM spec §8, §12).
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type CausalityProof, causalityProofSchema } from '../../analysis/causality/causality-proof.js';
import {
  type FeatureDefinitions,
  featureDefinitionsSchema,
} from '../../analysis/features/column-definition.js';
import { TA_FLAVOURS, type TaFlavour } from '../../analysis/indicators/ta-flavour.js';
import type { Json } from '../../analysis/models/regime-model.js';
import { TidewatchError } from '../../errors.js';
import { type Instrument, parseInstrument } from '../../market/instrument.js';
import { TIMEFRAMES, type Timeframe } from '../../market/timeframe.js';
import { reasonOf, removeTemporaries, syncFolder, writeFileAtomic } from '../../platform/atomic-file.js';

/** Version of the wrapper; the model inside carries its own. */
export const MODEL_RECORD_VERSION = 1;

export const MODEL_ID = /^[A-Za-z0-9._-]{1,200}$/;

const headerSchema = z.looseObject({
  schema_version: z.literal(MODEL_RECORD_VERSION),
  model_id: z.string().regex(MODEL_ID),
  instrument_id: z.string().refine(isInstrument, 'is no instrument id'),
  exchange: z.string(),
  symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES),
  created_at: z.int(),
  data_hash: z.string(),
  engine_version: z.string(),
  content_hash: z.string(),
  ta_flavour: z.enum(TA_FLAVOURS),
  /** Records before feature sets were named are of the five. */
  feature_set: z.string().min(1).default('hmm'),
  feature_definitions: featureDefinitionsSchema.default({}),
  causality: causalityProofSchema.nullable().default(null),
  regime: z.json(),
});

/** A saved model as its record says. */
export interface StoredModel {
  readonly id: string;
  readonly instrumentId: string;
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Hash of the bars it was trained on. */
  readonly dataHash: string;
  readonly engineVersion: string;
  readonly contentHash: string;
  /** Smoothing of ADX and RSI in its features. */
  readonly flavour: TaFlavour;
  /** Feature set by name, and the user-defined sets that the name speaks of, as they were. */
  readonly featureSet: string;
  readonly featureDefinitions: FeatureDefinitions;
  /** That its features look at nothing later, as tried when it was trained; null in records older than such proofs. */
  readonly causality: CausalityProof | null;
  /** Family, as `--model` spells it. */
  readonly family: string;
  /** Tells the state of a bar from bars up to it. */
  readonly causal: boolean;
  /** K; null when the record does not tell. */
  readonly states: number | null;
  /** The record of the training: configuration, scaler, parameters, labels, statistics, diagnostics. */
  readonly regime: Json;
  /** Modification time of the file, epoch ms. */
  readonly modifiedAt: number;
}

export interface UnreadableModel {
  readonly id: string;
  readonly error: TidewatchError;
}

/** A trained model before it has an id; `createdAt` is UTC ms. */
export interface NewModel {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  readonly createdAt: number;
  /** Of bars, options and features: equal hashes and versions give equal models. */
  readonly dataHash: string;
  readonly engineVersion: string;
  readonly flavour: TaFlavour;
  readonly featureSet?: string;
  readonly featureDefinitions?: FeatureDefinitions;
  readonly causality?: CausalityProof | null;
  /** The record, as `parseRegimeRecord` reads it. */
  readonly regime: Json;
}

function isInstrument(id: string): boolean {
  try {
    return parseInstrument(id).id === id;
  } catch {
    return false;
  }
}

/** The trained models of a home, one JSON file each. */
export class ModelStore {
  constructor(private readonly folder: string) {}

  private path(id: string): string {
    if (!MODEL_ID.test(id) || id.startsWith('.')) {
      throw new TidewatchError('bad_parameter', `"${id}" is not a model id`, {
        hint: 'a model id holds letters, digits, dot, dash and underscore; see: tidewatch model list',
        details: { model_id: id },
      });
    }
    return join(this.folder, `${id}.json`);
  }

  /**
   * Saves the model; one with the same content for the same series that is there already is kept and returned.
   * @throws TidewatchError `disk_full`, `write_failed`
   */
  save({
    instrument,
    timeframe,
    createdAt,
    dataHash,
    engineVersion,
    flavour,
    featureSet = 'hmm',
    featureDefinitions = {},
    causality = null,
    regime,
  }: NewModel): StoredModel {
    const features = { feature_set: featureSet, feature_definitions: featureDefinitions, causality };
    const hash = contentHash(flavour, regime, features);
    const twin = this.list().models.find(
      (model) =>
        model.contentHash === hash && model.instrumentId === instrument.id && model.timeframe === timeframe,
    );
    if (twin) return twin;
    const symbol = instrument.symbol.replaceAll('/', '-');
    const id = `${instrument.venue}_${symbol}_${timeframe}_${Math.floor(createdAt / 1000)}-${hash.slice(0, 8)}`;
    const record = {
      schema_version: MODEL_RECORD_VERSION,
      model_id: id,
      instrument_id: instrument.id,
      exchange: instrument.venue,
      symbol: instrument.symbol,
      timeframe,
      created_at: createdAt,
      data_hash: dataHash,
      engine_version: engineVersion,
      content_hash: hash,
      ta_flavour: flavour,
      ...features,
      regime,
    };
    writeFileAtomic(this.path(id), `${JSON.stringify(record, null, 1)}\n`, 0o600);
    return this.load(id);
  }

  /** @throws TidewatchError `unknown_model`, `unsupported_schema_version`, `unreadable_file` */
  load(id: string): StoredModel {
    const path = this.path(id);
    let text: string;
    let modifiedAt: number;
    try {
      text = readFileSync(path, 'utf8');
      modifiedAt = statSync(path).mtimeMs;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        throw new TidewatchError('unknown_model', `there is no model ${id}`, {
          hint: 'see: tidewatch model list',
          details: { model_id: id },
        });
      }
      throw unreadable(path, reasonOf(error), error);
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw unreadable(path, 'it is not JSON', error);
    }
    const version = (json as { schema_version?: unknown } | null)?.schema_version;
    if (version !== MODEL_RECORD_VERSION) {
      throw new TidewatchError(
        'unsupported_schema_version',
        `the model ${id} has schema version ${JSON.stringify(version) ?? 'none'} · this version reads ${MODEL_RECORD_VERSION}`,
        {
          hint: 'train it again, or open it with the version that wrote it',
          details: { model_id: id, version },
        },
      );
    }
    const parsed = headerSchema.safeParse(json);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      throw unreadable(path, `${issue.path.join('.')}: ${issue.message}`, parsed.error);
    }
    const header = parsed.data;
    if (contentHash(header.ta_flavour, header.regime as Json, header) !== header.content_hash) {
      throw unreadable(path, 'its content does not fit its hash: it was changed after training');
    }
    return {
      id,
      instrumentId: header.instrument_id,
      exchange: header.exchange,
      symbol: header.symbol,
      timeframe: header.timeframe,
      createdAt: header.created_at,
      dataHash: header.data_hash,
      engineVersion: header.engine_version,
      contentHash: header.content_hash,
      flavour: header.ta_flavour,
      featureSet: header.feature_set,
      featureDefinitions: header.feature_definitions,
      causality: header.causality,
      ...familyOf(header.regime),
      regime: header.regime as Json,
      modifiedAt: Math.round(modifiedAt),
    };
  }

  /** @throws TidewatchError `unknown_model`, `bad_parameter` when it is no id */
  exists(id: string): true {
    if (existsSync(this.path(id))) return true;
    throw new TidewatchError('unknown_model', `there is no model ${id}`, {
      hint: 'see: tidewatch model list',
      details: { model_id: id },
    });
  }

  /** Every model, newest first; those that cannot be read are named beside, not hidden. */
  list(): { readonly models: readonly StoredModel[]; readonly unreadable: readonly UnreadableModel[] } {
    const models: StoredModel[] = [];
    const broken: UnreadableModel[] = [];
    if (!existsSync(this.folder)) return { models, unreadable: broken };
    for (const name of readdirSync(this.folder).sort()) {
      if (!name.endsWith('.json') || name.startsWith('.')) continue;
      const id = name.slice(0, -'.json'.length);
      try {
        models.push(this.load(id));
      } catch (error) {
        if (!(error instanceof TidewatchError)) throw error;
        broken.push({ id, error });
      }
    }
    models.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
    return { models, unreadable: broken };
  }

  /**
   * The newest causal model of a series; of one family, causal or not, where that is given.
   * @throws TidewatchError `unknown_model`
   */
  newest(instrumentId: string, timeframe: Timeframe, family?: string): StoredModel {
    const found = this.list().models.find(
      (model) =>
        model.instrumentId === instrumentId &&
        model.timeframe === timeframe &&
        (family === undefined ? model.causal : model.family === family),
    );
    if (found) return found;
    const kind = family === undefined ? '' : `${family} `;
    const flag = family === undefined ? '' : ` --model ${family}`;
    throw new TidewatchError('unknown_model', `there is no ${kind}model of ${instrumentId} ${timeframe}`, {
      hint: `run: tidewatch model train --symbol ${instrumentId} --tf ${timeframe}${flag}`,
      details: { instrument: instrumentId, timeframe },
    });
  }

  /** @throws TidewatchError `unknown_model` */
  delete(id: string): void {
    const path = this.path(id);
    this.exists(id);
    rmSync(path);
    syncFolder(this.folder);
  }

  /** Clears what a killed process left half-written. */
  sweep(): void {
    if (existsSync(this.folder)) removeTemporaries(this.folder);
  }
}

/** What a list says of the model inside; records before families were named are of Gaussian HMMs. */
function familyOf(regime: unknown): Pick<StoredModel, 'family' | 'causal' | 'states'> {
  const parsed = innerSchema.safeParse(regime);
  const { model = 'hmm', causal = true, config } = parsed.data ?? {};
  return { family: model, causal, states: config?.states ?? null };
}

const innerSchema = z.looseObject({
  model: z.string().optional(),
  causal: z.boolean().optional(),
  config: z.looseObject({ states: z.int() }).optional(),
});

type FeatureFacts = Pick<z.infer<typeof headerSchema>, 'feature_set' | 'feature_definitions' | 'causality'>;

/** Records without named features or a proof keep the hash they were written with. */
function contentHash(flavour: TaFlavour, regime: Json, features: FeatureFacts): string {
  const { feature_set, feature_definitions, causality } = features;
  const isPlain = feature_set === 'hmm' && causality === null;
  const content = [flavour, regime, ...(isPlain ? [] : [feature_set, feature_definitions, causality])];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function unreadable(path: string, why: string, cause?: unknown): TidewatchError {
  return new TidewatchError('unreadable_file', `cannot read the model ${path} · ${why}`, {
    hint: 'delete it and train again',
    details: { path },
    cause,
  });
}
