import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigSearch, loadConfig } from './config.js';
import { DEFAULT_CONFIG } from './config-schema.js';
import { SHORT_NAMES, unreadVariables } from './environment.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (extra: Partial<ConfigSearch> = {}) =>
  loadConfig({ env: {}, cwd: folder, home: join(folder, 'home'), ...extra });
const write = (text: string, name = 'tidewatch.yaml'): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const source = (key: string, loaded: ReturnType<typeof load>) =>
  loaded.values.find((entry) => entry.key === key);

describe('.env.example', () => {
  const lines = readFileSync('.env.example', 'utf8').split('\n');
  const env = Object.fromEntries(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
  );

  it('holds defaults only, fills in no key, and every variable is one that this version knows', () => {
    expect(load({ env }).config).toEqual(DEFAULT_CONFIG);
    expect(unreadVariables(env)).toEqual([]);
    for (const name of Object.keys(env).filter((each) => /TOKEN|KEY|SECRET/.test(each))) {
      expect(env[name], name).toBe('');
    }
    for (const name of Object.keys(SHORT_NAMES)) expect(env).toHaveProperty(`TIDEWATCH_${name}`);
  });

  it('has the safe values of the switches; another value is told to mean nothing yet', () => {
    expect(env).toMatchObject({ TIDEWATCH_MODE: 'paper', TIDEWATCH_ACTIONS_ENABLED: '0' });
    expect(unreadVariables({ TIDEWATCH_MODE: 'live', TIDEWATCH_ACTIONS_ENABLED: '1' })).toEqual([
      { name: 'TIDEWATCH_MODE', nearest: undefined },
      { name: 'TIDEWATCH_ACTIONS_ENABLED', nearest: undefined },
    ]);
  });
});

describe('configuration', () => {
  it('needs no file', () => {
    expect(load().config).toEqual(DEFAULT_CONFIG);
    expect(load().values.every((entry) => entry.source === 'default')).toBe(true);
  });

  it('lets a flag win over the environment, the environment over the file, the file over the default', () => {
    const file = write('http:\n  port: 1111\n  host: localhost\nhmm:\n  states: 4\n');
    const loaded = load({
      env: { TIDEWATCH_HTTP__PORT: '2222', TIDEWATCH_HMM__STATES: '5' },
      overrides: { 'http.port': 3333 },
    });
    expect(loaded.config.http).toMatchObject({ port: 3333, host: 'localhost' });
    expect(loaded.config.hmm.states).toBe(5);
    expect(source('http.port', loaded)?.source).toBe('flag');
    expect(source('hmm.states', loaded)?.source).toBe('env TIDEWATCH_HMM__STATES');
    expect(source('http.host', loaded)?.source).toBe(`file ${file}`);
    expect(source('hmm.seed', loaded)?.source).toBe('default');
  });

  it('knows the short names and lists separated by commas', () => {
    const { config } = load({
      env: { TIDEWATCH_PORT: '9000', TIDEWATCH_LOG_LEVEL: 'debug', TIDEWATCH_LAKE__WATCHED: 'a:b:C, d:e:F' },
    });
    expect(config.http.port).toBe(9000);
    expect(config.log.level).toBe('debug');
    expect(config.lake.watched).toEqual(['a:b:C', 'd:e:F']);
  });

  it.each([
    ['http:\n  prot: 1\n', /unknown configuration key "http.prot".*tidewatch.yaml/],
    ['htpp:\n  port: 1\n', /unknown configuration key "htpp.port"/],
    ['http: 5\n', /unknown configuration key "http"/],
    ['http:\n  port: many\n', /http.port is not valid/],
    ['hmm:\n  timeframe: 2h\n', /hmm.timeframe is not valid/],
    ['- a\n- b\n', /does not hold sections/],
    ['http: [\n', /cannot read/],
  ])('refuses %j', (text, message) => {
    write(text);
    expect(() => load()).toThrow(message);
  });

  it('names the nearest key, also for the environment', () => {
    write('hmm:\n  state: 3\n');
    expect(() => load()).toThrowError(expect.objectContaining({ hint: 'did you mean "hmm.states"?' }));
    write('');
    expect(() => load({ env: { TIDEWATCH_HTTP__PROT: '1' } })).toThrowError(
      expect.objectContaining({ hint: 'did you mean "http.port"?' }),
    );
  });

  it('accepts a section whose lines are all commented out', () => {
    write('http:\n  # port: 9000\n');
    expect(load().config.http.port).toBe(8080);
  });

  it('never shows a secret', () => {
    const loaded = load({ env: { TIDEWATCH_API_TOKEN: 'abcdefghijklmnopqrst' } });
    expect(loaded.config.http.token).toBe('abcdefghijklmnopqrst');
    expect(source('http.token', loaded)?.value).toBe('ab****st');
  });

  it('notices variables that nothing reads', () => {
    const env = { TIDEWATCH_PROT: '1', TIDEWATCH_HOME: '/x', TIDEWATCH_HTTP__PORT: '1', OTHER: '1' };
    expect(unreadVariables(env)).toEqual([{ name: 'TIDEWATCH_PROT', nearest: 'PORT' }]);
  });

  it('reads a secrets file that only its owner can read, under the environment', () => {
    const path = write('# keys\nAPI_TOKEN="from-the-secrets-file"\nPORT=7777\n', 'secrets');
    chmodSync(path, 0o600);
    const env = { TIDEWATCH_SECRETS_FILE: path, TIDEWATCH_PORT: '8888' };
    expect(load({ env }).config.http).toMatchObject({ token: 'from-the-secrets-file', port: 8888 });
    chmodSync(path, 0o644);
    expect(() => load({ env })).toThrowError(expect.objectContaining({ hint: `run: chmod 600 ${path}` }));
    expect(() => load({ env: { TIDEWATCH_SECRETS_FILE: join(folder, 'none') } })).toThrow(
      /cannot read the secrets/,
    );
  });
});

describe('user-defined feature sets', () => {
  it('reads them under names of their own and fills in the defaults of each column', () => {
    write('features:\n  mine:\n    - { name: calm, indicator: natr, steps: [{ op: lag }] }\n');
    const { config } = load();
    expect(Object.keys(config.features)).toEqual(['mine']);
    expect(config.features.mine![0]).toMatchObject({ name: 'calm', indicator: 'natr', hidden: false });
  });

  it.each([
    ['{ name: calm, indicator: nart }', /mine\.0\.indicator/],
    ['{ name: calm, indicator: natr, params: { period: 1 } }', /mine\.0\.params\.period.*natr/],
    ['{ name: calm, indicator: natr, params: { perod: 7 } }', /mine\.0\.params.*perod/],
    ['{ name: calm, input: closed }', /no input or earlier column is named closed/],
    ['{ name: calm, indicator: adx, line: minus }', /adx, plus_di, minus_di/],
    ['{ name: calm, indicator: adx, input: volume }', /reads bars/],
    ['{ name: calm, steps: [{ op: adx }] }', /cannot follow a column/],
    ['{ name: calm, input: funding_rate, timeframe: 4h }', /has no timeframe/],
    ['{ name: close }', /name of an input/],
  ])('refuses %s', (column, message) => {
    write(`features:\n  mine:\n    - ${column}\n`);
    expect(() => load()).toThrow(message);
  });
});
