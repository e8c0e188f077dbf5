// `npm test`: the static checks, then every suite. Ends with one line that counts both: "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHECKS = ['lint', 'types', 'arrows', 'purity', 'dead'];

let passed = 0;
let failed = 0;
for (const check of CHECKS) {
  const started = performance.now();
  const run = spawnSync('npm', ['run', '--silent', check], { encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${run.status === 0 ? 'ok  ' : 'FAIL'}  ${check.padEnd(8)} ${seconds} s`);
  if (run.status === 0) passed += 1;
  else {
    failed += 1;
    console.log(run.stdout + run.stderr);
  }
}

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
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  // A file that fails to load has no failed test of its own.
  failed += numFailedTests > 0 ? numFailedTests : numFailedTestSuites;
}
rmSync(scratch, { recursive: true, force: true });
if (suites.status !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
