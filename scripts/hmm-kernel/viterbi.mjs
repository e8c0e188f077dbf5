// Viterbi over a run of rows: δ_j = max_i (δ_i + ln A_ij) + b_j, back-pointers as one byte per row and state.
// Two states per vector; a strict comparison keeps the lowest index on ties.
// state: δ, 8 doubles (−∞ beyond K). logTransitions: K rows of 8 doubles (−∞ beyond K).
import { add2, addI, get, i32, load2, locals, parameters, range, STRIDE, set, store2 } from './text.mjs';

export function viterbi(states) {
  const pairs = range(Math.ceil(states / 2));
  const density = (pair) => {
    const first = `(v128.load64_zero offset=${2 * pair * STRIDE} ${get('b')})`;
    if (2 * pair + 1 >= states) return first;
    return `(v128.load64_lane offset=${(2 * pair + 1) * STRIDE} 1 ${get('b')} ${first})`;
  };
  const of = (i) => `(f64x2.splat (f64x2.extract_lane ${i % 2} ${get(`d${i >> 1}`)}))`;
  const index = (i) => `(v128.const i64x2 ${i} ${i})`;
  const body = [
    ...range(states).flatMap((i) => [
      set('from', of(i)),
      ...pairs.flatMap((pair) => {
        const candidate = add2(get('from'), load2('logTransitions', i * 64 + pair * 16));
        if (i === 0) return [set(`n${pair}`, candidate), set(`o${pair}`, index(0))];
        return [
          set('candidate', candidate),
          set('wins', `(f64x2.gt ${get('candidate')} ${get(`n${pair}`)})`),
          set(`n${pair}`, `(v128.bitselect ${get('candidate')} ${get(`n${pair}`)} ${get('wins')})`),
          set(`o${pair}`, `(v128.bitselect ${index(i)} ${get(`o${pair}`)} ${get('wins')})`),
        ];
      }),
    ]),
    ...pairs.map((pair) => set(`d${pair}`, add2(get(`n${pair}`), density(pair)))),
    ...range(states).map(
      (j) =>
        `(i32.store8 offset=${j} ${get('origin')} (i8x16.extract_lane_u ${(j % 2) * 8} ${get(`o${j >> 1}`)}))`,
    ),
    set('origin', addI(get('origin'), i32(states))),
    set('b', addI(get('b'), i32(8))),
  ];
  const vectors = [
    'from',
    'candidate',
    'wins',
    ...pairs.flatMap((pair) => [`d${pair}`, `n${pair}`, `o${pair}`]),
  ];
  return `(func (export "viterbi_${states}") ${parameters(['b', 'state', 'logTransitions', 'origin', 'bytes'])}
  ${locals('v128', vectors)}
  ${pairs.map((pair) => set(`d${pair}`, load2('state', pair * 16))).join(' ')}
  (loop $next
    ${body.join('\n    ')}
    (br_if $next (local.tee $bytes (i32.sub ${get('bytes')} ${i32(8)}))))
  ${pairs.map((pair) => store2('state', pair * 16, get(`d${pair}`))).join(' ')})`;
}
