/**
 * Standardisation x' = (x − mean) / (deviation + 1e-8) per feature, population deviation (spec hmm-regimes §4).
 * Mean and deviation come from the rows it is fitted on, so fit it on training rows only; it is stored with the model.
 * Two passes: the mean first, then the squares about it.
 */
import { TidewatchError } from '../../errors.js';

const FLOOR = 1e-8;

/**
 * Mean and population deviation per feature, and rows scaled by them: x' = (x − mean) / (deviation + 1e-8).
 */
export class Scaler {
  /** @param mean per feature @param deviation per feature, population, without the floor */
  constructor(
    readonly mean: Float64Array,
    readonly deviation: Float64Array,
  ) {}

  /**
   * @param columns one per feature, equal lengths
   * @param from first training row @param to row after the last
   * @throws TidewatchError `too_few_rows`
   */
  static fit(columns: readonly Float64Array[], from = 0, to: number = columns[0]?.length ?? 0): Scaler {
    const rows = to - from;
    if (rows < 1) {
      throw new TidewatchError('too_few_rows', 'there are no rows to take mean and deviation from', {
        hint: 'give at least one training row',
      });
    }
    const mean = new Float64Array(columns.length);
    const deviation = new Float64Array(columns.length);
    columns.forEach((column, feature) => {
      let sum = 0;
      for (let row = from; row < to; row++) sum += column[row]!;
      const centre = sum / rows;
      let rest = 0;
      let squares = 0;
      for (let row = from; row < to; row++) {
        const distance = column[row]! - centre;
        rest += distance;
        squares += distance * distance;
      }
      mean[feature] = centre + rest / rows;
      deviation[feature] = Math.sqrt(Math.max(0, squares - (rest * rest) / rows) / rows);
    });
    return new Scaler(mean, deviation);
  }

  /** New columns of the same shape. */
  transform(columns: readonly Float64Array[]): Float64Array[] {
    return columns.map((column, feature) => {
      const scaled = new Float64Array(column.length);
      this.transformInto(column, feature, scaled, 0, 1);
      return scaled;
    });
  }

  /** Scales the column of a feature into `out[at + row · stride]`. */
  transformInto(column: Float64Array, feature: number, out: Float64Array, at: number, stride: number): void {
    const centre = this.mean[feature]!;
    const unit = this.deviation[feature]! + FLOOR;
    for (let row = 0; row < column.length; row++) out[at + row * stride] = (column[row]! - centre) / unit;
  }

  /** One scaled row. */
  transformRow(row: ArrayLike<number>): Float64Array {
    return this.mean.map((centre, feature) => (row[feature]! - centre) / (this.deviation[feature]! + FLOOR));
  }
}
