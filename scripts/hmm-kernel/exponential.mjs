// e_k = 2^(b_k − m), m = max_k b_k, in place over K columns; returns Σ m over the valid rows.
//
// 2^x = 2ⁿ p(f), n = round(x), f = x − n exact, p of degree 10 through the Chebyshev nodes of |f| ≤ ½ (relative error
// 3.4e-16), even and odd halves apart for shorter chains. Densities come in as powers of two (emission.mjs).
// Exponents below −1021 are raised to −1021: such an e stays a normal number, and the recursions report when one
// matters.
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

/** p for eʳ, |r| ≤ ½ ln 2; divided into powers of ln 2 below. */
const COEFFICIENTS = [
  1, 1.0000000000000067, 0.5000000000000006, 0.16666666666554314, 0.041666666666573066, 0.008333333385699212,
  0.001388888893251478, 0.00019841170230570286, 2.480150431378554e-5, 2.764019739169484e-6,
  2.7626371065696354e-7,
].map((coefficient, power) => coefficient * Math.LN2 ** power);
/** Adding it leaves the nearest integer in the low bits of the sum. */
const ROUNDER = 6755399441055744;
const SMALLEST = -1021;

const horner = (target, powers) => {
  const [top, ...rest] = powers;
  return [
    set(target, both(COEFFICIENTS[top])),
    ...rest.map((power) => set(target, add2(mul2(get(target), get('s')), both(COEFFICIENTS[power])))),
  ];
};

/** Replaces local x (≤ 0) by 2^x. */
const POWER_OF_TWO = [
  set('t', add2(get('x'), both(ROUNDER))),
  set('f', sub2(get('x'), sub2(get('t'), both(ROUNDER)))),
  set('s', mul2(get('f'), get('f'))),
  ...horner('even', [10, 8, 6, 4, 2, 0]),
  ...horner('odd', [9, 7, 5, 3, 1]),
  set('x', add2(get('even'), mul2(get('odd'), get('f')))),
  set('x', `(i64x2.add ${get('x')} (i64x2.shl ${get('t')} ${i32(52)}))`),
];

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
      ...POWER_OF_TWO,
      store2('ci', k * STRIDE, get('x')),
    ]),
  ];
  return `(func (export "exponentials_${states}") ${parameters(['columns', 'maxima', 'bytes', 'rows'])} (result f64)
  ${locals('i32', ['i', 'ci', 'mi'])} ${locals('v128', ['m', 'x', 't', 'f', 's', 'even', 'odd'])}
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
