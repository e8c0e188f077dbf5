/**
 * The home folder: one place that holds everything a user of Tidewatch owns (operations spec §7.1).
 * Folders are made with mode 0700, because logs and later the configuration may tell about positions.
 */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { TidewatchError } from '../errors.js';
import { reasonOf } from './atomic-file.js';

const FOLDERS = ['lake', 'db', 'models', 'runs', 'reports', 'logs', 'run'] as const;
type Folder = (typeof FOLDERS)[number];

export type Home = Readonly<Record<Folder, string>> & {
  /** Absolute path of the home itself. */
  readonly path: string;
};

export interface HomeSearch {
  /** Value of `--home`. */
  readonly flag?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * `--home`, else TIDEWATCH_HOME, else an existing ./.tidewatch, else ~/.tidewatch. Touches nothing.
 * @throws TidewatchError `home_not_writable` when a file stands in its place: it would read as an empty home
 */
export function resolveHome({ flag, env, cwd }: HomeSearch): Home {
  const here = join(cwd, '.tidewatch');
  const chosen = flag || env.TIDEWATCH_HOME || (isFolder(here) ? here : join(homedir(), '.tidewatch'));
  const path = resolve(cwd, chosen);
  if (existsSync(path) && !isFolder(path)) {
    throw new TidewatchError('home_not_writable', `the home ${path} is a file, not a folder`, {
      hint: 'name a folder with --home or TIDEWATCH_HOME',
      details: { home: path },
    });
  }
  const folders = Object.fromEntries(FOLDERS.map((name) => [name, join(path, name)])) as Record<
    Folder,
    string
  >;
  return { path, ...folders };
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/**
 * Makes the home and its folders where they are missing.
 * @throws TidewatchError `home_not_writable`
 */
export function createHome(home: Home): Home {
  try {
    for (const path of [home.path, ...FOLDERS.map((name) => home[name])]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      accessSync(path, constants.W_OK | constants.X_OK);
    }
  } catch (error) {
    throw new TidewatchError('home_not_writable', `cannot use the home ${home.path} · ${reasonOf(error)}`, {
      hint: 'name another folder with --home or TIDEWATCH_HOME',
      details: { home: home.path },
      cause: error,
    });
  }
  return home;
}

/** True when there is a home to read from. */
export function homeExists(home: Home): boolean {
  return isFolder(home.path);
}

/** The folder of the embedded database; its backups lie beside it. */
export function embeddedFolder(home: Home): string {
  return join(home.db, 'data');
}
