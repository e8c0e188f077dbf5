// `npm test`: the static checks, then every suite. Ends with one line that counts both: "N passed, N failed".
// `npm run test:long` has the checks behind it: it counts its suites alone.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const isLong = process.env.TIDEWATCH_TEST_PROFILE === 'long';
/** What takes longest first: they run at the same time. */
const CHECKS = isLong
  ? []
  : ['types:node', 'types:web', 'arrows', 'dead', 'lint', 'documented', 'types:client', 'purity'];

let passed = 0;
let failed = 0;
/** @returns whether it ended well */
async function run(check, command = ['npm', 'run', '--silent', check]) {
  const started = performance.now();
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const status = await new Promise((done) => child.once('close', done));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'}  ${check.padEnd(12)} ${seconds} s`);
  if (status !== 0) console.log(said);
  return status === 0;
}
const build = run('build', [process.execPath, 'scripts/build-if-old.mjs']);
for (const isWell of await Promise.all(CHECKS.map((check) => run(check)))) {
  if (isWell) passed += 1;
  else failed += 1;
}
if (!(await build)) {
  console.log(`${passed} passed, ${failed + 1} failed`);
  process.exit(1);
}

/** Where suites write: in memory where there is plenty, as thousands of small files and their fsyncs cost a disk minutes. */
function scratchPlace() {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return Math.min(bavail * bsize, freemem()) > 8 * 2 ** 30 ? memory : tmpdir();
}
const scratch = mkdtempSync(join(scratchPlace(), 'tw-'));
// PostgreSQL runs as a user of its own and has to get through
chmodSync(scratch, 0o755);
const report = join(scratch, 'report.json');
const suites = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  {
    stdio: 'inherit',
    // a group of its own: an interrupt ends every process of it, or they would go on writing
    detached: true,
    env: { ...process.env, NO_COLOR: '1', TIDEWATCH_SKIP_BUILD: '1', TMPDIR: scratch },
  },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.kill(-suites.pid, 'SIGKILL'));
const suitesStatus = await new Promise((done) => suites.once('close', done));
if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const slowest = testResults
    .map(({ name, startTime, endTime }) => ({
      name: relative('', name),
      seconds: (endTime - startTime) / 1000,
    }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 10);
  console.log('slowest files');
  for (const { name, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(7)} s  ${name}`);
  passed += numPassedTests;
  // A file that fails to load has no failed test of its own.
  failed += numFailedTests > 0 ? numFailedTests : numFailedTestSuites;
}
rmSync(scratch, { recursive: true, force: true });
if (suitesStatus !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
