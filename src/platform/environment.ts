/**
 * Environment variables (operations spec §7.3): short names of configuration keys, secrets, and the secrets file,
 * which holds `KEY=value` lines of the same names and must not be readable by others.
 */
import { readFileSync, statSync } from 'node:fs';
import { TidewatchError } from '../errors.js';
import { reasonOf } from './atomic-file.js';
import { nearestName } from './nearest-name.js';

export const PREFIX = 'TIDEWATCH_';

/** Short name (without prefix) → configuration key. */
export const SHORT_NAMES: Readonly<Record<string, string>> = {
  HOST: 'http.host',
  PORT: 'http.port',
  API_TOKEN: 'http.token',
  DATABASE_URL: 'db.url',
  LOG_LEVEL: 'log.level',
  TELEGRAM_CHAT_ID: 'notify.telegram_chat_id',
};

/** Names that are read where a home or a configuration file is looked for, not keys of the file. */
const PLACE_NAMES: ReadonlySet<string> = new Set(['HOME', 'CONFIG', 'PROFILE', 'SECRETS_FILE']);

/** Provider keys that the product knows by name; `doctor` says which are set, masked. */
export const PROVIDER_KEYS = [
  'COINGECKO_API_KEY',
  'COINGLASS_API_KEY',
  'JUPITER_API_KEY',
  'LIFI_API_KEY',
  'LLM_API_KEY',
  'TELEGRAM_BOT_TOKEN',
] as const;

/** Names that only the development of the product itself uses. */
const DEVELOPMENT_NAMES: ReadonlySet<string> = new Set(['TEST_PROFILE', 'SKIP_BUILD']);

/** Safety switches of the parts that trade, which are not here yet: at these values there is nothing to say. */
const SAFE_VALUES: Readonly<Record<string, readonly string[]>> = {
  MODE: ['', 'paper'],
  ACTIONS_ENABLED: ['', '0'],
};

export interface UnreadVariable {
  readonly name: string;
  /** What it may have been meant for. */
  readonly nearest: string | undefined;
}

/** Variables with our prefix that nothing reads: most likely mistyped. Keys with `__` are checked by the schema. */
export function unreadVariables(env: Environment): UnreadVariable[] {
  const known = new Set<string>([...Object.keys(SHORT_NAMES), ...PLACE_NAMES, ...PROVIDER_KEYS]);
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !name.includes('__'))
    .map((name) => name.slice(PREFIX.length))
    .filter((name) => !SAFE_VALUES[name]?.includes(env[PREFIX + name] ?? ''))
    .filter((name) => !known.has(name) && !DEVELOPMENT_NAMES.has(name))
    .map((name) => ({
      name: PREFIX + name,
      nearest: Object.hasOwn(SAFE_VALUES, name) ? undefined : nearestName(name, known),
    }));
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** First and last two characters of a long secret, nothing of a short one. */
export function mask(secret: string): string {
  return secret.length < 12 ? '****' : `${secret.slice(0, 2)}****${secret.slice(-2)}`;
}

/**
 * The environment with the lines of TIDEWATCH_SECRETS_FILE under it: a variable that is set wins.
 * @throws TidewatchError `invalid_config` when the file is missing, readable by others, or a line is not KEY=value
 */
export function withSecretsFile(env: Environment): Environment {
  const path = env[`${PREFIX}SECRETS_FILE`];
  if (!path) return env;
  let text: string;
  try {
    const mode = statSync(path).mode & 0o777;
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new TidewatchError(
        'invalid_config',
        `the secrets file ${path} has mode ${mode.toString(8).padStart(4, '0')} · others can read it`,
        { hint: `run: chmod 600 ${path}`, details: { path } },
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof TidewatchError) throw error;
    throw new TidewatchError('invalid_config', `cannot read the secrets file ${path} · ${reasonOf(error)}`, {
      hint: 'correct TIDEWATCH_SECRETS_FILE or unset it',
      details: { path },
      cause: error,
    });
  }
  const secrets: Record<string, string> = {};
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = /^(?:TIDEWATCH_)?([A-Z][A-Z0-9_]*)\s*=\s*(.*)$/.exec(line);
    if (!match) {
      throw new TidewatchError('invalid_config', `line ${index + 1} of ${path} is not KEY=value`, {
        hint: 'write one KEY=value per line',
        details: { path, line: index + 1 },
      });
    }
    secrets[`${PREFIX}${match[1]}`] = match[2]!.replace(/^(["'])(.*)\1$/, '$2');
  }
  return { ...secrets, ...env };
}
