// `npm run fault-matrix`: the nightly matrices of faults (pages, funding, providers, streams), and the page of their
// outcomes, docs/reference/fault-matrix.md. `-- --from DIR` writes the page of outcomes that a run left in DIR.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const PAGE = 'docs/reference/fault-matrix.md';
const FILES = { pages: 'FAULT', providers: 'PROVIDER', streams: 'LIVE' };
const TESTS = ['fault', 'provider', 'live'].map((name) => `test/venues/${name}-matrix.test.ts`);

const { values } = parseArgs({ options: { from: { type: 'string' } } });
const folder = values.from ?? mkdtempSync(join(tmpdir(), 'fault-matrix-'));
let failed = false;
if (values.from === undefined) {
  const where = Object.entries(FILES).map(([name, of]) => [
    `TIDEWATCH_${of}_MATRIX`,
    join(folder, `${name}.json`),
  ]);
  const env = { ...process.env, TIDEWATCH_TEST_PROFILE: 'nightly', ...Object.fromEntries(where) };
  const run = spawnSync('npx', ['vitest', 'run', ...TESTS], { env, stdio: 'inherit' });
  failed = run.status !== 0;
}

const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const unique = (list) => [...new Set(list)];

function table(cells) {
  const venues = unique(cells.map(({ venue }) => venue));
  const kinds = unique(cells.map(({ kind }) => kind));
  const rows = [
    ['Fault', ...venues],
    ['---', ...venues.map(() => '---')],
    ...kinds.map((kind) => [
      `\`${kind}\``,
      ...venues.map(
        (venue) => cells.find((cell) => cell.venue === venue && cell.kind === kind)?.outcome ?? '–',
      ),
    ]),
  ];
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const laid = (row) =>
    `| ${row.map((cell, at) => (cell === '---' ? '-'.repeat(widths[at]) : cell.padEnd(widths[at]))).join(' | ')} |`;
  return rows.map(laid).join('\n');
}

function summary(cells) {
  const count = (what) => cells.filter(what).length;
  const bad = count(({ outcome }) => outcome === 'failed');
  const idle = count(({ outcome }) => outcome === 'not met');
  return `${cells.length - bad - idle} of ${cells.length} pairs met and seen through, ${idle} with nothing to act on, ${bad} failed.`;
}

const pages = read('pages');
const isFunding = ({ kind }) => kind.startsWith('funding_');
const bars = pages.filter((cell) => !isFunding(cell));
const funding = pages.filter(isFunding);
const providers = read('providers');
const streams = read('streams');
writeFileSync(
  PAGE,
  `# Fault matrix

Every kind of fault that the [simulator](venue-simulator.md) knows, at every venue, and what became of it. This page is written by \`npm run fault-matrix\`, which runs the matrices in full; \`npm test\` takes a part of the pairs. A pair has an outcome only when the lake (or the answer) was the truth at its end, row by row; otherwise it says **failed**.

One pair alone: \`TIDEWATCH_TEST_PROFILE=nightly npx vitest run test/venues/fault-matrix.test.ts -t 'okx through empty_page'\`. Where nothing stands (–) the kind has nothing to act on by its definition: Kraken's minutes are made of trades, and only bars have a range and an open bar.

"Not met" means that each request was open to the fault and no answer gave it anything to act on:

- \`wrong_symbol\` exchanges the symbol where an answer repeats the one that was asked for. The candles of Binance and OKX, the histories of CoinGlass and the bars of GeckoTerminal are bare rows that repeat none. There is nothing to damage in them, and nothing by which a client could notice another market's rows; what guards against those is that each request has a connection of its own to answer it.
- \`false_final\` says "closed" of an open bar. The streams of Hyperliquid and Kraken have no such word: a bar is closed there when a later one begins.

## Pages

A history of 2,500 minutes is downloaded while the kind strikes up to four times. "4 in 2": four faults met, two downloads until nothing was open. ${summary(bars)}

${table(bars)}

## Funding

Thirty days of payments. A unit that breaks is refused or asked for again until it is right; an interval that changes is stored payment by payment, with its own hours. ${summary(funding)}

${table(funding)}

## Providers

Every kind of list of each provider is asked for (two or three questions), the first two requests of each open to the fault; of damaged rows the first one. "6 in 1": six met, answered rightly in the first run. An answer with damaged rows is asked for again; what comes back damaged in the same way twice is left out and counted (\`tidewatch_venue_invalid_rows_total\`, and a warning of \`fetch caps\` and \`fetch panel\`). "Short": rows or optional fields that the provider kept back are missing, none is wrong. A minute without a trade has no bar and an unknown token no pair, so that nothing tells these apart; the next look at the provider brings them. ${summary(providers)}

${table(providers)}

## Streams

Two markets are followed live for half an hour of faults and twelve quiet minutes, in which the pages confirm what the streams told. Told: faults met, reconnects, and minutes that were told otherwise before the pages put them right. ${summary(streams)}

${table(streams)}
`,
);
process.stdout.write(`${PAGE} written\n`);
if (failed || !existsSync(PAGE)) process.exitCode = 1;
