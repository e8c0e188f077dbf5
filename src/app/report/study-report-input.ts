/**
 * What the reports of walk-forward and comparison runs are made of: the tables of the run as they were stored, and who
 * made them. Times are UTC epoch milliseconds, returns fractions.
 */
import type { WalkForwardReport } from '../../analysis/models/walk-forward/walk-forward-report.js';
import type { Timeframe } from '../../market/timeframe.js';
import type { Comparison } from '../regime/comparison-run.js';

/** Who made a study, from what. */
export interface StudyManifest {
  readonly runId: string;
  readonly version: string;
  readonly seed: number;
  /** Hash of the bars; of the first candidate in a comparison. */
  readonly dataHash: string;
  /** SHA-256 of each table, by file name. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly generatedAt: number;
  /** The bars come from the data shipped with the product. */
  readonly sampleData: boolean;
}

/** Point-in-time rows of a walk-forward, in bars: what was shown, fold by fold. */
export interface ShownRows {
  /** Open time of each row. */
  readonly time: Float64Array;
  /** First row of each fold, by its index. */
  readonly foldStart: readonly number[];
  /** Label of each row as it was shown that day. */
  readonly labels: readonly string[];
}

export interface WalkForwardReportInput {
  /** How people read the instrument: `BTC/USDT`. */
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly source: 'native' | 'derived';
  /** Name of the feature set. */
  readonly set: string;
  /** `Gaussian HMM`. */
  readonly modelName: string;
  readonly result: WalkForwardReport;
  readonly shown: ShownRows;
  readonly manifest: StudyManifest;
}

export interface ComparisonReportInput {
  readonly symbol: string;
  readonly result: Comparison;
  readonly manifest: StudyManifest;
}
