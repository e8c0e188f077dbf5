/**
 * Experiment files (majors-alts spec §11): YAML that is laid over the configuration. Objects recurse, lists and values
 * replace; a weight of null leaves the feature out. Beside the sections of the configuration a file may hold `name`,
 * `title`, `description`, `category_path` and `state_mapping`, the section of the reference whose hysteresis, duration
 * and thresholds nothing read there; here they take effect. A key that nothing knows is a warning, not an error, because
 * these files come from elsewhere.
 */
import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { TidewatchError } from '../../errors.js';
import { reasonOf } from '../../platform/atomic-file.js';
import { type MonitorConfig, monitorSchema } from '../../platform/monitor-config.js';

export interface Experiment {
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  /** Path in the catalog; `msm` turns on the variant with a fixed rebalance. */
  readonly category: string | null;
  readonly config: MonitorConfig;
  /** Keys of the file that nothing reads. */
  readonly ignored: readonly string[];
}

type Tree = { [key: string]: unknown };
const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const aboutSchema = z.object({
  name: z
    .string()
    .regex(/^[\w.-]{1,80}$/, 'must be letters, digits, dots and dashes')
    .optional(),
  experiment_id: z
    .string()
    .regex(/^[\w.-]{1,80}$/, 'must be letters, digits, dots and dashes')
    .optional(),
  title: z.string().max(200).optional(),
  description: z.string().max(5000).optional(),
  category_path: z.string().max(200).optional(),
});
const ABOUT = Object.keys(aboutSchema.shape);

const number = z.number().optional();
const stateMappingSchema = z.strictObject({
  n_regimes: z.union([z.literal(3), z.literal(5)]).optional(),
  thresholds: z
    .strictObject({ low: number, high: number, strong_low: number, strong_high: number })
    .optional(),
  hysteresis: z.strictObject({ low_band: number, high_band: number }).optional(),
  min_regime_duration: z.int().min(0).optional(),
  min_regime_duration_days: z.int().min(0).optional(),
});

/** Sections of the reference's files that say nothing to us. */
const REFERENCE_ONLY = ['logging'];

/** @throws TidewatchError `file_not_found`, `invalid_config` */
export function readExperiment(path: string, base: MonitorConfig): Experiment {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TidewatchError('file_not_found', `cannot read the experiment ${path} · ${reasonOf(cause)}`, {
      hint: 'correct --experiment',
      details: { path },
      cause,
    });
  }
  let tree: unknown;
  try {
    tree = parseYaml(text) ?? {};
  } catch (cause) {
    throw invalid(path, reasonOf(cause).split('\n')[0]!, cause);
  }
  if (!isTree(tree)) throw invalid(path, 'it does not hold sections');
  return experimentOf(tree, base, path);
}

/** @param origin file that errors name */
export function experimentOf(tree: Tree, base: MonitorConfig, origin: string): Experiment {
  const about = checked(aboutSchema, Object.fromEntries(ABOUT.map((key) => [key, tree[key]])), origin);
  const sections: Tree = isTree(tree.monitor) ? { ...tree.monitor } : {};
  for (const [key, value] of Object.entries(tree)) {
    if (
      !ABOUT.includes(key) &&
      key !== 'monitor' &&
      key !== 'state_mapping' &&
      !REFERENCE_ONLY.includes(key)
    ) {
      sections[key] = value;
    }
  }
  const category = about.category_path ?? null;
  if (category === 'msm' && sections.msm === undefined) sections.msm = {};
  const mapped = tree.state_mapping === undefined ? {} : stateMapping(tree.state_mapping, origin);
  const merged = merge(merge(base as unknown as Tree, sections), mapped);
  const { config, ignored } = strict(merged, origin);
  return {
    name: about.name ?? about.experiment_id ?? basename(origin, extname(origin)),
    title: about.title ?? null,
    description: about.description ?? null,
    category,
    config,
    ignored,
  };
}

/** Objects recurse, everything else replaces; null removes a weight. */
function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const held = merged[key];
    if (isTree(held) && isTree(value)) merged[key] = merge(held, value);
    else merged[key] = value;
  }
  for (const key of ['default_weights', 'weight_ranges']) {
    const weights = merged[key];
    if (isTree(weights)) {
      merged[key] = Object.fromEntries(Object.entries(weights).filter(([, value]) => value !== null));
    }
  }
  return merged;
}

function stateMapping(value: unknown, origin: string): Tree {
  const mapping = checked(stateMappingSchema, value, origin);
  const { thresholds = {}, hysteresis = {} } = mapping;
  const duration = mapping.min_regime_duration ?? mapping.min_regime_duration_days;
  return defined({
    regime: defined({
      n_regimes: mapping.n_regimes,
      composite: defined({
        threshold_low: thresholds.low,
        threshold_high: thresholds.high,
        threshold_strong_low: thresholds.strong_low,
        threshold_strong_high: thresholds.strong_high,
        hysteresis: defined({ ...hysteresis, min_regime_duration: duration }),
      }),
    }),
  });
}

const defined = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== undefined));

/** Checks the whole, dropping keys that the schema does not know, by name. */
function strict(tree: Tree, origin: string): { config: MonitorConfig; ignored: string[] } {
  const ignored: string[] = [];
  const remaining = structuredClone(tree);
  for (;;) {
    const parsed = monitorSchema.safeParse(remaining);
    if (parsed.success) return { config: parsed.data, ignored };
    const { issues } = parsed.error;
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    if (unknown.length < issues.length || unknown.length === 0) {
      const issue = issues.find(({ code }) => code !== 'unrecognized_keys')!;
      throw invalid(origin, `${issue.path.map(String).join('.')}: ${issue.message}`);
    }
    for (const { path, keys } of unknown) {
      let branch: unknown = remaining;
      for (const step of path) branch = (branch as Tree)[String(step)];
      for (const key of keys) {
        delete (branch as Tree)[key];
        ignored.push([...path.map(String), key].join('.'));
      }
    }
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, origin: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(origin, `${issue.path.map(String).join('.')}: ${issue.message}`);
}

function invalid(path: string, why: string, cause?: unknown): TidewatchError {
  return new TidewatchError('invalid_config', `the experiment ${path} is not valid · ${why}`, {
    hint: 'see the keys with: tidewatch doctor config --schema',
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
