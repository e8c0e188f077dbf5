/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado,
 * Zhu 2017, J. of Computational Finance 20): the days are cut into S blocks; for every choice of S/2 of them the variant
 * with the best Sharpe ratio there is looked up in the other half. Its relative rank ω there gives λ = ln(ω / (1 − ω));
 * the probability is the share of λ ≤ 0, that is, how often the winner in sample was no better than the median after.
 *
 * Sums and sums of squares per block make a choice cost S additions a variant: 12,870 choices of 16 blocks take
 * milliseconds a variant. Ties of the out-of-sample rank count half. Limit: blocks of autocorrelated days are treated as
 * exchangeable, as in the paper.
 */
import { TidewatchError } from '../../errors.js';

export interface OverfittingProbability {
  /** Share of choices whose winner was no better than the median in the other half. */
  readonly probability: number;
  /** Median λ; above 0 when winners tend to stay above the median. */
  readonly medianLogit: number;
  /** Share of choices in which the winner lost money in the other half. */
  readonly lossProbability: number;
  /** Slope of out-of-sample on in-sample ratio of the winners: below 1 is degradation. */
  readonly degradation: number;
  /** Ways of taking half of the blocks. */
  readonly choices: number;
  readonly variants: number;
  readonly blocks: number;
}

/**
 * @param variants returns per period of each variant, on the same days
 * @param blocks even, at least 2; fewer are taken when a block would hold fewer than two days
 * @throws TidewatchError `too_few_rows` for fewer than two variants or four days, `column_length_mismatch`
 */
export function overfittingProbability(
  variants: readonly Float64Array[],
  blocks = 16,
): OverfittingProbability {
  const days = variants[0]?.length ?? 0;
  if (variants.length < 2 || days < 4) {
    throw new TidewatchError(
      'too_few_rows',
      `overfitting needs two variants over four days at least, not ${variants.length} over ${days}`,
    );
  }
  if (variants.some(({ length }) => length !== days)) {
    throw new TidewatchError('column_length_mismatch', 'the variants have different numbers of days');
  }
  const count = Math.min(blocks - (blocks % 2), 2 * Math.floor(days / 4));
  const sums = variants.map((returns) => blockSums(returns, count));
  const total = sums.map(({ sum, square, size }) => [add(sum), add(square), add(size)] as const);
  const logits: number[] = [];
  const inside: number[] = [];
  const outside: number[] = [];
  let losses = 0;
  const half = count / 2;
  const chosen = Array.from({ length: half }, (_, i) => i);
  const outScores = new Float64Array(variants.length);
  do {
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    let bestOutMean = 0;
    for (let v = 0; v < variants.length; v += 1) {
      const { sum, square, size } = sums[v]!;
      let s = 0;
      let q = 0;
      let n = 0;
      for (const block of chosen) {
        s += sum[block]!;
        q += square[block]!;
        n += size[block]!;
      }
      const [allSum, allSquare, allSize] = total[v]!;
      const score = sharpeOf(s, q, n);
      outScores[v] = sharpeOf(allSum - s, allSquare - q, allSize - n);
      if (score > bestScore) {
        best = v;
        bestScore = score;
        bestOutMean = (allSum - s) / (allSize - n);
      }
    }
    const winner = outScores[best]!;
    let below = 0;
    let equal = 0;
    for (const score of outScores) {
      if (score < winner) below += 1;
      else if (score === winner) equal += 1;
    }
    const rank = (below + (equal + 1) / 2) / (variants.length + 1);
    logits.push(Math.log(rank / (1 - rank)));
    inside.push(bestScore);
    outside.push(winner);
    if (bestOutMean < 0) losses += 1;
  } while (nextChoice(chosen, count));
  const sorted = Float64Array.from(logits).sort();
  const middle = sorted.length >> 1;
  return {
    probability: logits.filter((logit) => logit <= 1e-12).length / logits.length,
    medianLogit: sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2,
    lossProbability: losses / logits.length,
    degradation: slope(inside, outside),
    choices: logits.length,
    variants: variants.length,
    blocks: count,
  };
}

interface BlockSums {
  readonly sum: Float64Array;
  readonly square: Float64Array;
  readonly size: Float64Array;
}

function blockSums(returns: Float64Array, count: number): BlockSums {
  const sum = new Float64Array(count);
  const square = new Float64Array(count);
  const size = new Float64Array(count);
  for (let day = 0; day < returns.length; day += 1) {
    const block = Math.floor((day * count) / returns.length);
    sum[block]! += returns[day]!;
    square[block]! += returns[day]! ** 2;
    size[block]! += 1;
  }
  return { sum, square, size };
}

function sharpeOf(sum: number, square: number, size: number): number {
  const mean = sum / size;
  const variance = square / size - mean * mean;
  return variance > 1e-18 ? mean / Math.sqrt(variance) : 0;
}

const add = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** The next combination in lexicographic order, in place; false after the last. */
function nextChoice(chosen: number[], count: number): boolean {
  const size = chosen.length;
  let at = size - 1;
  while (at >= 0 && chosen[at] === count - size + at) at -= 1;
  if (at < 0) return false;
  chosen[at]! += 1;
  for (let i = at + 1; i < size; i += 1) chosen[i] = chosen[i - 1]! + 1;
  return true;
}

function slope(x: readonly number[], y: readonly number[]): number {
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length;
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < x.length; i += 1) {
    covariance += (x[i]! - meanX) * (y[i]! - meanY);
    variance += (x[i]! - meanX) ** 2;
  }
  return variance > 0 ? covariance / variance : 0;
}
