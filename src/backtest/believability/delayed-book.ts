/**
 * What a book of daily target weights earns when it is traded later or dearer than assumed. Weights stay what they were;
 * only when they are held and what trading costs change, so exits that react to losses are not played again: the figure
 * answers "does the edge live in the timing or in the cost assumption", not "what would the strategy have done".
 *
 * Day t: Σ w(t − 1 − delay) · r(t) − Σ|w(t − delay) − w(t − 1 − delay)| · costRate − funding of the weights held.
 */

export interface DailyBookMatrix {
  /** days × assets, row-major: weights after each day's close, fractions of equity. */
  readonly weights: Float64Array;
  /** Returns of the day, close to close; NaN counts as 0. */
  readonly returns: Float64Array;
  /** Funding owed per unit of weight held into the day, fraction; NaN counts as 0. */
  readonly funding: Float64Array;
  readonly assets: number;
}

/**
 * Net return per day.
 * @param costRate fraction of traded value
 * @param delay days by which trades are late
 */
export function delayedReturns(book: DailyBookMatrix, costRate: number, delay: number): Float64Array {
  const { weights, returns, funding, assets } = book;
  const days = assets === 0 ? 0 : weights.length / assets;
  const net = new Float64Array(days);
  for (let day = 0; day < days; day += 1) {
    const held = (day - 1 - delay) * assets;
    const next = (day - delay) * assets;
    let sum = 0;
    for (let asset = 0; asset < assets; asset += 1) {
      const before = held < 0 ? 0 : weights[held + asset]!;
      const after = next < 0 ? 0 : weights[next + asset]!;
      const cell = day * assets + asset;
      sum += before * ((returns[cell]! || 0) - (funding[cell]! || 0)) - Math.abs(after - before) * costRate;
    }
    net[day] = sum;
  }
  return net;
}
