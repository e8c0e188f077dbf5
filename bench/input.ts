/**
 * Input of the benches when the peers' data folder is not there: the same shapes, the same generating processes
 * (sticky three-state Gaussian chain; geometric random walk with a day cycle) and the same file names, from our own
 * seeded generator. So the numbers differ from the peers' data, the work does not.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/market/random.js';

const FIRST_BAR_MS = 1_546_300_800_000;
const ROWS = { '3200k': 3_200_000, '1000k': 1_000_000 };
const FEATURES = 5;

const TRANSITION = [
  [0.995, 0.003, 0.002],
  [0.006, 0.99, 0.004],
  [0.008, 0.012, 0.98],
];
const MEANS = [
  [0.05, -0.6, -0.3, 0, 0.1],
  [0.35, 0.1, 0.4, 0.25, -0.05],
  [-0.7, 1.4, 0.6, -0.4, -0.3],
];
const CHOLESKY = [
  [[0.4], [0.05, 0.3], [0.1, 0.05, 0.5], [0.2, 0, 0.1, 0.6], [0, 0.1, 0.05, 0.05, 0.7]],
  [[0.6], [-0.1, 0.45], [0.15, 0.1, 0.7], [0.3, -0.05, 0.1, 0.7], [0.05, 0.1, 0, 0.1, 0.8]],
  [[1.5], [-0.4, 0.9], [-0.2, 0.3, 1.1], [0.6, -0.2, 0.2, 1], [0.2, 0.1, -0.1, 0.15, 1.2]],
];

const round = (value: number, decimals: number): number =>
  Math.round(value * 10 ** decimals) / 10 ** decimals;

function hiddenMarkovRows(rows: number, random: Random): Float64Array {
  const data = new Float64Array(rows * FEATURES);
  const noise = new Float64Array(FEATURES);
  let state = 0;
  for (let row = 0; row < rows; row++) {
    for (let feature = 0; feature < FEATURES; feature++) noise[feature] = random.normal();
    for (let feature = 0; feature < FEATURES; feature++) {
      let value = MEANS[state][feature];
      for (let k = 0; k <= feature; k++) value += CHOLESKY[state][feature][k] * noise[k];
      data[row * FEATURES + feature] = round(value, 6);
    }
    let draw = random.uniform();
    let next = 0;
    while (next < 2 && draw >= TRANSITION[state][next]) draw -= TRANSITION[state][next++];
    state = next;
  }
  return data;
}

/** Six columns, one after the other: timestamp_ms, open, high, low, close, volume. */
function minuteBars(rows: number, random: Random): Float64Array[] {
  const [time, open, high, low, close, volume] = Array.from({ length: 6 }, () => new Float64Array(rows));
  let previous = 30_000;
  let logPrice = Math.log(previous);
  for (let row = 0; row < rows; row++) {
    const deviation = 7e-4 * Math.exp(0.4 * Math.sin((row * 2 * Math.PI) / 1440));
    logPrice += deviation * random.normal() - deviation ** 2 / 2;
    time[row] = FIRST_BAR_MS + row * 60_000;
    open[row] = previous;
    close[row] = previous = round(Math.exp(logPrice), 2);
    const above = Math.abs(random.normal()) * deviation * 0.7;
    const below = Math.abs(random.normal()) * deviation * 0.7;
    high[row] = round(Math.max(open[row], close[row]) * (1 + above), 2);
    low[row] = round(Math.min(open[row], close[row]) * (1 - below), 2);
    volume[row] = round(Math.exp(random.normal() * 0.8 + 2), 4);
  }
  return [time, open, high, low, close, volume];
}

const PANEL = { days: 1_500, symbols: 302 };

/** Daily closes, day by day: BTC, ETH and 300 alts that follow both. */
function panelCloses(random: Random): Float64Array {
  const { days, symbols } = PANEL;
  const close = new Float64Array(days * symbols);
  const betas = Array.from({ length: symbols }, () => [0.7 * random.uniform(), 0.9 * random.uniform()]);
  const price = new Float64Array(symbols).fill(100);
  for (let day = 0; day < days; day++) {
    const btc = 0.028 * random.normal();
    const eth = 0.9 * btc + 0.02 * random.normal();
    for (let symbol = 0; symbol < symbols; symbol++) {
      const own = symbol < 2 ? 0 : 0.03 * random.normal();
      const move = symbol === 0 ? btc : symbol === 1 ? eth : betas[symbol][0] * btc + betas[symbol][1] * eth;
      price[symbol] *= Math.exp(move + own);
      close[day * symbols + symbol] = price[symbol];
    }
  }
  return close;
}

function startParameters(states: number): Record<string, unknown> {
  const identity = Array.from({ length: FEATURES }, (_, i) =>
    Array.from({ length: FEATURES }, (_, j) => (i === j ? 1 : 0)),
  );
  return {
    startProbability: Array(states).fill(1 / states),
    transitionMatrix: Array.from({ length: states }, (_, i) =>
      Array.from({ length: states }, (_, j) => (i === j ? 0.98 : 0.02 / (states - 1))),
    ),
    means: Array.from({ length: states }, (_, k) =>
      [1, -1.2, 0.5, 0.8, -0.3].map((scale) => round((-0.6 + (1.2 * k) / (states - 1)) * scale, 6)),
    ),
    covarianceFull: Array(states).fill(identity),
    covarianceDiag: Array(states).fill(Array(FEATURES).fill(1)),
  };
}

const bytes = (column: Float64Array): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength);

async function writeParquet(folder: string, tag: string, columns: readonly Float64Array[]): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const csv = join(folder, `ohlcv_${tag}.csv`);
  const lines = ['timestamp,open,high,low,close,volume'];
  for (let row = 0; row < columns[0].length; row++)
    lines.push(columns.map((column) => column[row]).join(','));
  writeFileSync(csv, `${lines.join('\n')}\n`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone='UTC'");
  await connection.run(
    `COPY (SELECT make_timestamptz(timestamp::BIGINT * 1000) AS timestamp, * EXCLUDE (timestamp) FROM read_csv('${csv}',
       types = {'timestamp': 'BIGINT', 'open': 'DOUBLE', 'high': 'DOUBLE', 'low': 'DOUBLE', 'close': 'DOUBLE', 'volume': 'DOUBLE'}))
     TO '${join(folder, `ohlcv_${tag}.parquet`)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
  );
  connection.closeSync();
  instance.closeSync();
  rmSync(csv);
}

/** Makes the whole set in a folder of the system's temporary directory, once; returns the folder. */
export async function generatedInput(): Promise<string> {
  const folder = join(tmpdir(), 'tidewatch-bench-input-2');
  if (existsSync(join(folder, 'manifest.json'))) return folder;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const observations = hiddenMarkovRows(ROWS['3200k'], new Random(20_261_121));
  const bars = minuteBars(ROWS['3200k'], new Random(20_261_122));
  for (const [tag, rows] of Object.entries(ROWS)) {
    const columns = bars.map((column) => column.subarray(0, rows));
    writeFileSync(join(unfinished, `hmm_${tag}.f64`), bytes(observations.subarray(0, rows * FEATURES)));
    writeFileSync(join(unfinished, `ohlcv_${tag}.f64`), Buffer.concat(columns.map(bytes)));
    await writeParquet(unfinished, tag, columns);
  }
  writeFileSync(join(unfinished, 'panel_close.f64'), bytes(panelCloses(new Random(20_261_123))));
  const manifest = {
    source: 'generated',
    files: { 'panel_close.f64': { shape: [PANEL.days, PANEL.symbols] } },
    hmmStart: { 3: startParameters(3), 5: startParameters(5) },
  };
  writeFileSync(join(unfinished, 'manifest.json'), JSON.stringify(manifest, null, 1));
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
  return folder;
}
