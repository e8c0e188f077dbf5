// Bans raw clocks and unseeded generators in the pure folders. The clock and the generator are passed in
// (src/market/clock.ts, src/market/random.ts), so that a run can be repeated bit for bit.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PURE_FOLDERS = ['src/market', 'src/analysis', 'src/backtest', 'src/trading'];
const BANNED = [
  [/\bDate\.now\s*\(/, 'Date.now()', 'take a Clock'],
  [/\bnew Date\(\s*\)/, 'new Date()', 'take a Clock'],
  [/\bMath\.random\b/, 'Math.random', 'take a seeded generator'],
  [/\bperformance\.now\s*\(/, 'performance.now()', 'take a Clock'],
  [/\bcrypto\.(randomUUID|randomBytes|getRandomValues)\b/, 'crypto randomness', 'take a seeded generator'],
  [/\b(setTimeout|setInterval|setImmediate)\s*\(/, 'a timer', 'leave timing to app or platform'],
  [/\bprocess\.(env|hrtime|cwd)\b/, 'process state', 'pass the value in'],
];

const files = (folder) => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
};

const findings = PURE_FOLDERS.flatMap(files).flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      /^\s*(\/\/|\*|\/\*)/.test(line)
        ? []
        : BANNED.filter(([pattern]) => pattern.test(line)).map(
            ([, name, remedy]) => `${file}:${index + 1}: ${name} is not allowed here; ${remedy}`,
          ),
    ),
);
for (const finding of findings) console.error(finding);
console.log(
  findings.length === 0 ? 'pure folders: no raw clock or generator' : `${findings.length} findings`,
);
process.exit(findings.length === 0 ? 0 : 1);
