// Rows to pairs: the caller's layout, with two rows side by side for the vectors.
import { addI, get, i32, locals, loopUp, PAIR, parameters, range, set, store2 } from './text.mjs';

/**
 * pairs_D(rows, out, bytes): rows 2n and 2n + 1 become D vectors at out + n · D · PAIR. The kernels then read a block
 * from its first byte to its last, which memory prefetching follows, unlike D columns a page apart. `bytes`: 8 per row.
 */
export function pairs(features) {
  const body = range(features).map((d) =>
    store2(
      'out',
      d * PAIR,
      `(v128.load64_lane offset=${(features + d) * 8} 1 ${get('rows')} (v128.load64_zero offset=${d * 8} ${get('rows')}))`,
    ),
  );
  const advance = ['rows', 'out'].map((name) => set(name, addI(get(name), i32(features * PAIR))));
  return `(func (export "pairs_${features}") ${parameters(['rows', 'out', 'bytes'])} ${locals('i32', ['i'])}
  ${loopUp(PAIR, [...body, ...advance].join('\n    '))})`;
}
