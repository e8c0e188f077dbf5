// e_k = exp(b_k − m), m = max_k b_k, in place over K columns; returns Σ m over the valid rows.
//
// exp(x) = 2ⁿ p(r), n = round(x / ln 2), r = x − n ln 2 in two parts, p of degree 11 through the Chebyshev nodes of
// |r| ≤ ½ ln 2 (error 1.7e-17 relative before rounding), even and odd halves apart for shorter chains.
// Arguments below −707 are raised to −707: such an e is about 1e-307, and the recursions report when one matters.
import {
  add1,
  add2,
  addI,
  both,
  get,
  i32,
  lanesAdded,
  larger2,
  load2,
  locals,
  loopUp,
  mul2,
  parameters,
  range,
  STRIDE,
  set,
  store2,
  sub2,
} from './text.mjs';

const COEFFICIENTS = [
  1, 1, 0.5000000000000019, 0.1666666666666668, 0.04166666666648795, 0.008333333333319589,
  0.0013888888952352863, 0.00019841269890076403, 2.4801485441561313e-5, 2.755724088722987e-6,
  2.763265472252779e-7, 2.5110049204818658e-8,
];
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Adding it leaves the nearest integer in the low bits of the sum. */
const ROUNDER = 6755399441055744;
const SMALLEST = -707;

/** Replaces local x (≤ 0) by its exponential; uses t, n, r, s, even, odd with the same suffix. */
export function exponential(suffix) {
  const name = (local) => `${local}${suffix}`;
  const horner = (target, powers) => {
    const [top, ...rest] = powers;
    const lines = [set(name(target), both(COEFFICIENTS[top]))];
    for (const power of rest) {
      lines.push(set(name(target), add2(mul2(get(name(target)), get(name('s'))), both(COEFFICIENTS[power]))));
    }
    return lines;
  };
  return [
    set(name('t'), add2(mul2(get(name('x')), both(Math.LOG2E)), both(ROUNDER))),
    set(name('n'), sub2(get(name('t')), both(ROUNDER))),
    set(
      name('r'),
      sub2(sub2(get(name('x')), mul2(get(name('n')), both(LN2_HIGH))), mul2(get(name('n')), both(LN2_LOW))),
    ),
    set(name('s'), mul2(get(name('r')), get(name('r')))),
    ...horner('even', [10, 8, 6, 4, 2, 0]),
    ...horner('odd', [11, 9, 7, 5, 3, 1]),
    set(name('x'), add2(get(name('even')), mul2(get(name('odd')), get(name('r'))))),
    set(name('x'), `(i64x2.add ${get(name('x'))} (i64x2.shl ${get(name('t'))} ${i32(52)}))`),
  ];
}

export const EXPONENTIAL_LOCALS = ['x', 't', 'n', 'r', 's', 'even', 'odd'];

/** exponentials_K(columns, maxima, bytes, rows): maxima receives m; rows counts the valid rows. */
export function exponentials(states) {
  const body = [
    set('ci', addI(get('columns'), get('i'))),
    set('m', load2('ci', 0)),
    ...range(states, 1).map((k) => set('m', larger2(get('m'), load2('ci', k * STRIDE)))),
    store2('mi', 0, get('m')),
    set('mi', addI(get('mi'), i32(16))),
    ...range(states).flatMap((k) => [
      set('x', larger2(sub2(load2('ci', k * STRIDE), get('m')), both(SMALLEST))),
      ...exponential(''),
      store2('ci', k * STRIDE, get('x')),
    ]),
  ];
  return `(func (export "exponentials_${states}") ${parameters(['columns', 'maxima', 'bytes', 'rows'])} (result f64)
  ${locals('i32', ['i', 'ci', 'mi'])} ${locals('v128', ['m', ...EXPONENTIAL_LOCALS])} (local $sum f64)
  ${set('mi', get('maxima'))}
  ${loopUp(16, body.join('\n    '))}
  (return (call $column_sum ${get('maxima')} ${get('rows')})))`;
}

/** Σ of the first `rows` doubles of a column. */
export const columnSum = `(func $column_sum (export "column_sum") (param $column i32) (param $rows i32) (result f64)
  (local $i i32) (local $bytes i32) (local $sums v128) (local $sum f64)
  ${set('bytes', `(i32.shl (i32.and ${get('rows')} ${i32(-2)}) ${i32(3)})`)}
  (if ${get('bytes')} (then ${loopUp(
    16,
    set('sums', add2(get('sums'), `(v128.load ${addI(get('column'), get('i'))})`)),
  )}))
  ${set('sum', lanesAdded('sums'))}
  (if (i32.and ${get('rows')} ${i32(1)}) (then ${set('sum', add1(get('sum'), `(f64.load ${addI(get('column'), get('i'))})`))}))
  ${get('sum')})`;
