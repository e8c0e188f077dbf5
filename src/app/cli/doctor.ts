/** `doctor`: what a person needs to know before blaming the data. Each check is one line and one cause. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { EXIT } from '../../errors.js';
import { reasonOf } from '../../platform/atomic-file.js';
import { mask, PREFIX, PROVIDER_KEYS, unreadVariables } from '../../platform/environment.js';
import { homeExists } from '../../platform/home.js';
import { SAMPLE_FOLDER } from '../../platform/package.js';
import { HomeLake } from '../home-lake.js';
import type { CommandContext } from './command-context.js';
import { checkDatabase } from './doctor-database.js';
import { bytes, count, plural, statusWord } from './output.js';
import type { CommandResult } from './run-command.js';

type Status = 'ok' | 'warn' | 'fail';

interface Check {
  readonly name: string;
  readonly status: Status;
  readonly message: string;
  /** Of a venue: whether it answered. */
  readonly reachable?: boolean;
}

export interface DoctorFlags {
  /** Name of an exchange, or `all`. */
  readonly venue?: string;
}

export async function runDoctor(context: CommandContext, flags: DoctorFlags = {}): Promise<CommandResult> {
  const venues = flags.venue === undefined ? [] : await checkNamed(flags.venue, context);
  const checks: Check[] = [
    nodeVersion(),
    homeWritable(context),
    diskFree(context),
    await lakeReadable(context),
    await checkDatabase(context),
    sample(),
    webAssembly(),
    await portFree(context),
    ...keys(context),
    ...unread(context),
    ...venues,
  ];
  return {
    data: { checks },
    text: checks.map(({ status, message }) => `${statusWord(status, context.style)}  ${message}`).join('\n'),
    exit: doctorExit(checks),
  };
}

/** @throws TidewatchError `bad_parameter` when there is no such exchange */
async function checkNamed(venue: string, { config, clock, signal }: CommandContext) {
  const { checkVenues, venuesNamed } = await import('./doctor-venues.js');
  return checkVenues(venuesNamed(venue), config.venues, clock, signal);
}

/** Of the gravest finding; what is wrong here goes before what is wrong at a venue. */
export function doctorExit(checks: readonly Check[]): number {
  const failed = checks.filter(({ status }) => status === 'fail');
  if (failed.some(({ reachable }) => reachable !== false)) return EXIT.input;
  if (failed.length > 0) return EXIT.venue;
  return checks.some(({ status }) => status === 'warn') ? EXIT.findings : EXIT.ok;
}

function nodeVersion(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'node',
    status: enough ? 'ok' : 'fail',
    message: `Node ${process.versions.node}${enough ? '' : ' · at least 20.19 is needed · install a newer Node'}`,
  };
}

function nearestFolder(path: string): string {
  let folder = path;
  for (;;) {
    try {
      accessSync(folder);
      return folder;
    } catch {
      const parent = dirname(folder);
      if (parent === folder) return folder;
      folder = parent;
    }
  }
}

function homeWritable({ home }: CommandContext): Check {
  const existing = nearestFolder(home.path);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    if (!statfsSync(existing)) throw new Error('no file system');
  } catch (error) {
    return {
      name: 'home',
      status: 'fail',
      message: `home ${home.path} · ${reasonOf(error)} · name another with --home`,
    };
  }
  return homeExists(home)
    ? { name: 'home', status: 'ok', message: `home ${home.path}, writable` }
    : { name: 'home', status: 'warn', message: `home ${home.path} · not there yet · run: tidewatch start` };
}

function diskFree({ home }: CommandContext): Check {
  const { bavail, bsize } = statfsSync(nearestFolder(home.path));
  const free = bavail * bsize;
  // Amber and red of operations spec §6.
  const status: Status = free > 5e9 ? 'ok' : free > 1e9 ? 'warn' : 'fail';
  return {
    name: 'disk',
    status,
    message: `disk ${bytes(free)} free${status === 'ok' ? '' : ' · free some space'}`,
  };
}

async function lakeReadable(context: CommandContext): Promise<Check> {
  const data = await HomeLake.open(context.home, context.config, context.clock);
  try {
    const files = await data.lake.activeFiles('bars');
    if (files.length === 0) {
      return { name: 'lake', status: 'warn', message: 'lake empty · run: tidewatch start' };
    }
    const series = await data.lake.status('bars');
    return {
      name: 'lake',
      status: 'ok',
      message: `lake ${plural(files.length, 'file')}, ${count(series.length)} series of bars`,
    };
  } catch (error) {
    return {
      name: 'lake',
      status: 'fail',
      message: `lake · ${reasonOf(error)} · run: tidewatch lake verify`,
    };
  } finally {
    await data.close();
  }
}

function sample(): Check {
  try {
    accessSync(SAMPLE_FOLDER, constants.R_OK);
    return { name: 'sample', status: 'ok', message: 'sample data present' };
  } catch {
    return {
      name: 'sample',
      status: 'warn',
      message: `sample data missing in ${SAMPLE_FOLDER} · reinstall the package`,
    };
  }
}

/** The smallest module that needs SIMD: one function that returns a zero vector's first lane. */
const SIMD_PROBE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);

function webAssembly(): Check {
  // The compiler's library for Node has no WebAssembly types.
  const engine = (globalThis as { WebAssembly?: { validate(module: Uint8Array): boolean } }).WebAssembly;
  const simd = engine?.validate(SIMD_PROBE) ?? false;
  return simd
    ? { name: 'wasm', status: 'ok', message: 'WebAssembly with SIMD' }
    : {
        name: 'wasm',
        status: 'warn',
        message: 'WebAssembly SIMD missing · training runs on the slower kernel',
      };
}

async function portFree({ config }: CommandContext): Promise<Check> {
  const { host, port } = config.http;
  const free = await new Promise<boolean>((settle) => {
    const probe = createServer();
    probe.once('error', () => settle(false));
    probe.listen({ host, port }, () => probe.close(() => settle(true)));
  });
  return free
    ? { name: 'port', status: 'ok', message: `port ${port} on ${host} free` }
    : { name: 'port', status: 'warn', message: `port ${port} on ${host} taken · the next free one is used` };
}

function unread({ loaded }: CommandContext): Check[] {
  return unreadVariables(loaded.environment).map(({ name, nearest }) => ({
    name: `variable ${name}`,
    status: 'warn',
    message: `${name} is set but not read by this version${nearest ? ` · did you mean ${PREFIX}${nearest}?` : ''}`,
  }));
}

function keys({ loaded }: CommandContext): Check[] {
  return PROVIDER_KEYS.flatMap((name) => {
    const value = loaded.environment[`${PREFIX}${name}`];
    return value
      ? [{ name: `key ${name}`, status: 'ok' as const, message: `${name} set (${mask(value)})` }]
      : [];
  });
}
