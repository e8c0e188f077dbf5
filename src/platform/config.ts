/**
 * The effective configuration and where each value came from: command-line flag > environment > tidewatch.yaml >
 * compiled-in default (operations spec §7.2). A key that does not exist is an error that names the nearest one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { TidewatchError } from '../errors.js';
import { reasonOf } from './atomic-file.js';
import {
  type Config,
  configSchema,
  DEFAULT_CONFIG,
  OPEN_SECTIONS,
  SECRET_KEYS,
  WHOLE_KEYS,
} from './config-schema.js';
import { type Environment, mask, PREFIX, SHORT_NAMES, withSecretsFile } from './environment.js';
import { nearestName } from './nearest-name.js';

export interface ConfigSearch {
  /** Value of `--config`. */
  readonly flag?: string | undefined;
  /** Values given as flags of a command, by key path: `http.port`. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly env: Environment;
  readonly cwd: string;
  /** Folder of the home, where a tidewatch.yaml may lie. */
  readonly home: string;
}

export interface EffectiveValue {
  readonly key: string;
  /** Masked when the key is a secret. */
  readonly value: unknown;
  /** `flag`, `env NAME`, `file PATH` or `default`. */
  readonly source: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read, if there is one. */
  readonly file: string | undefined;
  /** Every key with its source, in schema order. */
  readonly values: readonly EffectiveValue[];
  /** The environment including the secrets file. */
  readonly environment: Environment;
}

type Flat = Map<string, { value: unknown; source: string }>;

const DEFAULTS = flatten(DEFAULT_CONFIG);
const SECTIONS: ReadonlySet<string> = new Set(Object.keys(DEFAULT_CONFIG));
export const CONFIG_KEYS: readonly string[] = [...DEFAULTS.keys()];

/** @throws TidewatchError `invalid_config`, `file_not_found` */
export function loadConfig(search: ConfigSearch): LoadedConfig {
  const environment = withSecretsFile(search.env);
  const file = findFile(search);
  const merged: Flat = new Map();
  for (const [key, value] of DEFAULTS) merged.set(key, { value, source: 'default' });
  const lay = (values: ReadonlyMap<string, unknown>, source: (key: string) => string): void => {
    for (const [key, value] of values) {
      if (value === null && SECTIONS.has(key)) continue; // a section with every line commented out
      if (!merged.has(key) && !isOwnName(key)) throw unknownKey(key, source(key));
      merged.set(key, { value, source: source(key) });
    }
  };
  if (file !== undefined) lay(flatten(readFile(file)), () => `file ${file}`);
  for (const { key, name, value } of environmentKeys(environment)) {
    lay(new Map([[key, coerce(key, value)]]), () => `env ${name}`);
  }
  lay(
    new Map(Object.entries(search.overrides ?? {}).filter(([, value]) => value !== undefined)),
    () => 'flag',
  );

  const result = configSchema.safeParse(unflatten(merged));
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const key = issue.path.map(String).join('.');
    const origin = [...merged].find(([name]) => name === key || key.startsWith(`${name}.`))?.[1].source;
    throw new TidewatchError(
      'invalid_config',
      `${key} is not valid · ${issue.message}${origin ? ` (${origin})` : ''}`,
      { hint: 'see the keys with: tidewatch doctor config --schema', details: { key, source: origin } },
    );
  }
  const values = [...merged].map(([key, { value, source }]) => ({
    key,
    value: SECRET_KEYS.has(key) && typeof value === 'string' ? mask(value) : value,
    source,
  }));
  return { config: result.data, file, values, environment };
}

/** A name that the user chose, directly under a section of such names. */
function isOwnName(key: string): boolean {
  const [section = '', name, ...rest] = key.split('.');
  return OPEN_SECTIONS.has(section) && name !== undefined && rest.length === 0;
}

function findFile({ flag, env, cwd, home }: ConfigSearch): string | undefined {
  const named = flag ?? env[`${PREFIX}CONFIG`];
  if (named) {
    const path = resolve(cwd, named);
    if (existsSync(path)) return path;
    throw new TidewatchError('file_not_found', `the configuration file ${path} does not exist`, {
      hint: 'correct --config or TIDEWATCH_CONFIG',
      details: { path },
    });
  }
  return [join(cwd, 'tidewatch.yaml'), join(home, 'tidewatch.yaml')].find((path) => existsSync(path));
}

function readFile(path: string): unknown {
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    throw new TidewatchError(
      'invalid_config',
      `cannot read ${path} · ${reasonOf(error).split('\n')[0]!.replace(/:$/, '')}`,
      { hint: 'correct the file', details: { path }, cause: error },
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new TidewatchError('invalid_config', `${path} does not hold sections`, {
      hint: 'write sections such as "http:" with indented keys',
      details: { path },
    });
  }
  return parsed;
}

/** Variables with `__` are key paths; short names stand for one key each. Everything else is not configuration. */
function environmentKeys(environment: Environment): { key: string; name: string; value: string }[] {
  const found: { key: string; name: string; value: string }[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || value === undefined || value === '') continue;
    const rest = name.slice(PREFIX.length);
    if (Object.hasOwn(SHORT_NAMES, rest)) found.unshift({ key: SHORT_NAMES[rest]!, name, value });
    else if (rest.includes('__')) found.push({ key: rest.toLowerCase().replaceAll('__', '.'), name, value });
  }
  return found;
}

/** A variable is text; the default of its key tells what it should become. */
function coerce(key: string, text: string): unknown {
  const example = DEFAULTS.get(key);
  if (typeof example === 'number')
    return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (typeof example === 'boolean')
    return /^(1|true|yes)$/i.test(text) ? true : /^(0|false|no)$/i.test(text) ? false : text;
  if (Array.isArray(example))
    return text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  return text;
}

function unknownKey(key: string, source: string): TidewatchError {
  const nearest = nearestName(key, CONFIG_KEYS);
  return new TidewatchError('invalid_config', `unknown configuration key "${key}" (${source})`, {
    hint: nearest ? `did you mean "${nearest}"?` : 'see: tidewatch doctor config --schema',
    details: { key, nearest, source },
  });
}

function flatten(value: unknown, prefix = ''): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [name, child] of Object.entries(value as Record<string, unknown>)) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const hasParts = typeof child === 'object' && child !== null && !Array.isArray(child);
    if (hasParts && !WHOLE_KEYS.has(key)) {
      for (const [inner, leaf] of flatten(child, key)) flat.set(inner, leaf);
    } else {
      flat.set(key, child);
    }
  }
  return flat;
}

function unflatten(flat: Flat): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [key, { value }] of flat) {
    const path = key.split('.');
    const name = path.pop()!;
    let branch = tree;
    for (const part of path) {
      branch[part] ??= {};
      branch = branch[part] as Record<string, unknown>;
    }
    branch[name] = value;
  }
  return tree;
}
