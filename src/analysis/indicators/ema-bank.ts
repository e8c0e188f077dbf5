/**
 * Several first-value-seeded EMAs of one column in one pass, bit-equal to `Ema` each.
 *
 * Why: an EMA waits for its own last value, so a single chain leaves most of the processor idle. Four chains in one
 * loop overlap; a bank takes its spans four at a time, repeating the last to fill up the group.
 */
import { memory, requireLength, ValueIndicator } from './indicator.js';

const GROUP = 4;

export class EmaBank<Span extends number> extends ValueIndicator<`ema${Span}`> {
  readonly lines: readonly `ema${Span}`[];
  readonly firstRow = 0;
  readonly warmUp: number;
  private readonly groups: readonly (readonly number[])[];

  /** @param spans bars, each ≥ 1, at least one */
  constructor(readonly spans: readonly Span[]) {
    for (const span of spans) requireLength('span', span);
    super(1 + requireLength('number of spans', spans.length));
    this.lines = spans.map((span) => `ema${span}` as const);
    const longest = Math.max(...spans);
    this.warmUp = longest === 1 ? 1 : memory(1 - 2 / (longest + 1));
    const positions = spans.map((_, index) => index);
    this.groups = Array.from({ length: Math.ceil(spans.length / GROUP) }, (_, group) =>
      Array.from({ length: GROUP }, (_, chain) => positions[group * GROUP + chain] ?? spans.length - 1),
    );
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
    for (const group of this.groups) this.runGroup(group, values, out, start, to);
  }

  private runGroup(
    group: readonly number[],
    values: Float64Array,
    out: readonly Float64Array[],
    from: number,
    to: number,
  ): void {
    const { state, spans } = this;
    const [first, second, third, fourth] = group as [number, number, number, number];
    const firsts = out[first]!;
    const seconds = out[second]!;
    const thirds = out[third]!;
    const fourths = out[fourth]!;
    const firstAlpha = 2 / (spans[first]! + 1);
    const secondAlpha = 2 / (spans[second]! + 1);
    const thirdAlpha = 2 / (spans[third]! + 1);
    const fourthAlpha = 2 / (spans[fourth]! + 1);
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
}
