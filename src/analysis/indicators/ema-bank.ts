/**
 * Several first-value-seeded EMAs of one column in one pass, bit-equal to `Ema` each.
 *
 * Why: an EMA waits for its own last value, so a single chain leaves most of the processor idle. Four chains in one
 * loop overlap; a bank takes its spans four at a time, repeating the last to fill up the group.
 */
import { ValueIndicator } from './indicator.js';
import { memory } from './recursion-memory.js';
import { requireLength } from './require-length.js';

const GROUP = 4;

/** Positions of the spans that share a loop. */
type Group = readonly [number, number, number, number];

/** One line `ema<span>` for every span, each equal to the `Ema` of that span bit for bit. */
export class EmaBank<Span extends number> extends ValueIndicator<`ema${Span}`> {
  readonly firstRow = 0;
  readonly warmUp: number;
  private readonly groups: readonly Group[];
  private readonly alphas: Float64Array;

  /**
   * @param spans bars, each ≥ 1, at least one
   * @throws TidewatchError `bad_parameter` otherwise
   */
  constructor(readonly spans: readonly Span[]) {
    for (const span of spans) requireLength('span', span);
    super(
      spans.map((span) => `ema${span}` as const),
      1 + requireLength('number of spans', spans.length),
    );
    const longest = Math.max(...spans);
    this.warmUp = longest === 1 ? 1 : memory(1 - 2 / (longest + 1));
    const last = spans.length - 1;
    const groups: Group[] = [];
    for (let first = 0; first <= last; first += GROUP) {
      const at = (chain: number): number => Math.min(first + chain, last);
      groups.push([at(0), at(1), at(2), at(3)]);
    }
    this.groups = groups;
    this.alphas = Float64Array.from(spans, (span) => 2 / (span + 1));
  }

  run(values: Float64Array, out: readonly Float64Array[], from: number, to: number): void {
    let start = from;
    if (this.state[0] === 0) {
      while (start < to && !Number.isFinite(values[start])) {
        for (const column of out) column[start] = Number.NaN;
        start++;
      }
      if (start === to) return;
      this.state.fill(values[start]!, 1);
      this.state[0] = 1;
      // The recursion leaves a seed of its own value as it is only up to rounding, so the seed row is written here.
      for (const column of out) column[start] = values[start]!;
      start++;
    }
    const { state, alphas } = this;
    for (const [a, b, c, d] of this.groups) {
      advanceFour(values, out[a]!, out[b]!, out[c]!, out[d]!, state, alphas, a, b, c, d, start, to);
    }
  }
}

function advanceFour(
  values: Float64Array,
  firsts: Float64Array,
  seconds: Float64Array,
  thirds: Float64Array,
  fourths: Float64Array,
  state: Float64Array,
  alphas: Float64Array,
  first: number,
  second: number,
  third: number,
  fourth: number,
  from: number,
  to: number,
): void {
  const firstAlpha = alphas[first]!;
  const secondAlpha = alphas[second]!;
  const thirdAlpha = alphas[third]!;
  const fourthAlpha = alphas[fourth]!;
  const firstKeep = 1 - firstAlpha;
  const secondKeep = 1 - secondAlpha;
  const thirdKeep = 1 - thirdAlpha;
  const fourthKeep = 1 - fourthAlpha;
  let a = state[1 + first]!;
  let b = state[1 + second]!;
  let c = state[1 + third]!;
  let d = state[1 + fourth]!;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (Number.isFinite(value)) {
      a = firstAlpha * value + firstKeep * a;
      b = secondAlpha * value + secondKeep * b;
      c = thirdAlpha * value + thirdKeep * c;
      d = fourthAlpha * value + fourthKeep * d;
      firsts[row] = a;
      seconds[row] = b;
      thirds[row] = c;
      fourths[row] = d;
    } else {
      firsts[row] = Number.NaN;
      seconds[row] = Number.NaN;
      thirds[row] = Number.NaN;
      fourths[row] = Number.NaN;
    }
  }
  state[1 + first] = a;
  state[1 + second] = b;
  state[1 + third] = c;
  state[1 + fourth] = d;
}
