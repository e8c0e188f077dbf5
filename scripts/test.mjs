// `npm test`: the static checks, then every suite. Ends with one line that counts both: "N passed, N failed".
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const CHECKS = ['lint', 'types', 'arrows', 'purity', 'documented', 'dead'];

let passed = 0;
let failed = 0;
async function run(check) {
  const started = performance.now();
  const child = spawn('npm', ['run', '--silent', check], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const status = await new Promise((done) => child.once('close', done));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'}  ${check.padEnd(8)} ${seconds} s`);
  if (status === 0) passed += 1;
  else {
    failed += 1;
    console.log(said);
  }
}
await Promise.all(CHECKS.map(run));

const scratch = mkdtempSync(join(tmpdir(), 'tidewatch-test-'));
const report = join(scratch, 'report.json');
const suites = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  { stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } },
);
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
if (suites.status !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
