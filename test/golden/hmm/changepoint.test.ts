import { afterAll, describe, expect, it } from 'vitest';
import {
  type RunLengthPosterior,
  type RunLengthPrior,
  RunLengthRecursion,
  runLengthPosterior,
} from '../../../src/analysis/models/bocpd.js';
import { type SegmentCost, segmentRows } from '../../../src/analysis/models/segmentation.js';
import { Deviation, goldenCsv, goldenFiles, goldenJson, hasGoldenFile } from '../golden-files.js';
import { FOLDER } from './golden-hmm.js';

interface SegmentationCase {
  readonly model: SegmentCost;
  readonly pen: number;
  readonly min_size: number;
  readonly exact_objective: number;
  readonly exact_breakpoints: readonly number[];
}

interface ChangePointFile {
  /** `100*log return of ohlcv_daily.csv.gz, first 700 values (pelt) / first 300 (bocpd)` */
  readonly series: string;
  readonly pelt?: { readonly cases: readonly SegmentationCase[] };
  readonly bocpd?: {
    readonly hazard: number;
    readonly prior: RunLengthPrior;
    readonly log_evidence: number;
    readonly rows: readonly number[];
    readonly map_run_length: readonly number[];
    readonly expected_run_length: readonly number[];
    readonly p_run_length_le_5: readonly number[];
  };
}

const source = (series: string): string => /(\S+\.csv)/.exec(series)?.[1] ?? '';

/** The rows that the description of the series names for one of the methods. */
function seriesOf(series: string, method: 'pelt' | 'bocpd'): Float64Array {
  const factor = Number(/^([\d.]+)\*/.exec(series)?.[1] ?? 1);
  const count = Number(new RegExp(`first (\\d+)[^/]*\\(${method}\\)`).exec(series)?.[1] ?? Number.NaN);
  const close = goldenCsv(FOLDER, source(series)).numbers('close');
  const returns = Float64Array.from(
    { length: close.length - 1 },
    (_, i) => factor * Math.log(close[i + 1]! / close[i]!),
  );
  return Number.isNaN(count) ? returns : returns.subarray(0, count);
}

const files = goldenFiles(FOLDER, /^changepoint.*\.json$/)
  .map((file) => ({ file, golden: goldenJson<ChangePointFile>(FOLDER, file) }))
  .filter(({ golden }) => hasGoldenFile(FOLDER, source(golden.series)));

const segmentations = files.flatMap(({ file, golden }) =>
  (golden.pelt?.cases ?? []).map(
    (one) => [`${file} ${one.model}, penalty ${one.pen}`, golden.series, one] as const,
  ),
);
const runLengths = files.flatMap(({ file, golden }) =>
  golden.bocpd ? [[file, golden.series, golden.bocpd] as const] : [],
);

describe('golden change points', () => {
  const total = new Deviation();
  afterAll(() => console.info(total.summary('hmm change points')));

  it('has cases, or the folder holds none', () => {
    const cases = segmentations.length + runLengths.length;
    expect(cases > 0).toBe(goldenFiles(FOLDER, /^changepoint.*\.json$/).length > 0);
  });

  it.each(segmentations)('segmentation %s', (_, series, golden) => {
    const { ends, objective } = segmentRows(seriesOf(series, 'pelt').slice(), 1, {
      cost: golden.model,
      penalty: golden.pen,
      minimumSize: golden.min_size,
    });
    total.compare('objective', objective, golden.exact_objective, 1e-9, 0);
    expect(Math.abs(objective / golden.exact_objective - 1)).toBeLessThanOrEqual(1e-9);
    expect(ends).toEqual(golden.exact_breakpoints);
  });

  it.each(runLengths)('BOCPD %s', (_, series, golden) => {
    const values = seriesOf(series, 'bocpd');
    // Parity option: the golden numbers keep every run; ours drops runs of mass up to 1e-6 unless told otherwise.
    const recursion = new RunLengthRecursion(1, { hazard: golden.hazard, prior: golden.prior, prune: 0 });
    let memory = recursion.start();
    let evidence = 0;
    const told: RunLengthPosterior[] = [];
    for (let row = 0; row < values.length; row += 1) {
      memory = recursion.step(memory, values, row);
      const posterior = runLengthPosterior(recursion, memory);
      evidence += posterior.logPredictive;
      told.push(posterior);
    }
    const deviation = new Deviation();
    deviation.compare('log evidence', evidence, golden.log_evidence, 1e-8, 0);
    golden.rows.forEach((row, i) => {
      deviation.compare(
        `expected run length ${row}`,
        told[row]!.expectedRunLength,
        golden.expected_run_length[i]!,
        1e-7,
        0,
      );
      deviation.compare(`recent ${row}`, told[row]!.recentChange, golden.p_run_length_le_5[i]!, 1e-7, 0);
    });
    total.add(deviation);
    expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
    expect(golden.rows.map((row) => told[row]!.likeliestRunLength)).toEqual(golden.map_run_length);
  });
});
