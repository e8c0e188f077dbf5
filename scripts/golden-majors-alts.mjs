// `npm run golden:majors-alts`: the golden suites of majors against alts, and a table of how near each group of columns comes.
import { spawnSync } from 'node:child_process';

const { status, stdout, stderr } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/golden/majors-alts', '--disable-console-intercept'],
  {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, NO_COLOR: '1', TIDEWATCH_SKIP_BUILD: '1', TIDEWATCH_GOLDEN_REPORT: 'all' },
  },
);
const LINE = /golden majors-alts (.+): (\d+) values, worst (\S+) of tolerance/g;
/** Groups of the table, and the tolerance that the golden files name. */
const GROUPS = [
  [/raw features$/, 'raw features (21)', '1e-6 relative + 1e-9'],
  [/z features$/, 'z-scores (21)', '1e-6'],
  [/ score$/, 'score', '1e-8'],
  [/daily (pnl|cost|funding|r_ls_gross|r_ls_net)$/, 'returns, costs, funding', '1e-9'],
  [/daily (alt_turnover|major_turnover|alt_gross|major_gross|total_gross)$/, 'turnover, gross', '1e-8'],
  [/daily (beta_err_btc|beta_err_eth|net_exposure)$/, 'neutrality errors, net', '1e-8'],
  [/daily equity_curve$/, 'equity', '1e-8'],
  [/ (weight|basket_weight)$/, 'weights, basket', '1e-8'],
  [/ (beta_btc|beta_eth)$/, 'betas', '1e-7'],
  [/kpis$/, 'key figures', '1e-6 relative'],
  [/regime metrics$/, 'returns by regime', '1e-6 relative'],
  [/signals$/, 'signals', 'as its golden file names'],
  [/regime goldens$/, 'grid search, always-on return, regime evaluation', 'as their golden files name'],
  [/fits$/, 'k-means and HMM fits', 'as their golden files name'],
];
const rows = new Map();
for (const [, name, count, worst] of stdout.matchAll(LINE)) {
  const profile = /^(corrected|reference) /.exec(name)?.[1] ?? 'both';
  const group = GROUPS.find(([pattern]) => pattern.test(name));
  const key = `${profile}|${group?.[1] ?? name}`;
  const held = rows.get(key) ?? {
    profile,
    group: group?.[1] ?? name,
    tolerance: group?.[2] ?? '',
    values: 0,
    worst: 0,
  };
  rows.set(key, { ...held, values: held.values + Number(count), worst: Math.max(held.worst, Number(worst)) });
}
const order = (row) => GROUPS.findIndex(([, name]) => name === row.group);
const sorted = [...rows.values()].sort(
  (a, b) => (a.profile < b.profile ? 1 : -1) * Number(a.profile !== b.profile) || order(a) - order(b),
);
console.log('| Profile | Group | Values | Tolerance | Worst, share of it |\n| --- | --- | --: | --: | --: |');
for (const { profile, group, values, tolerance, worst } of sorted) {
  console.log(
    `| ${profile} | ${group} | ${values.toLocaleString('en-US')} | ${tolerance} | ${worst === 0 ? 'equal' : worst.toExponential(1)} |`,
  );
}
if (status !== 0) console.error(stdout.slice(-3000) + stderr.slice(-3000));
process.exit(status ?? 1);
