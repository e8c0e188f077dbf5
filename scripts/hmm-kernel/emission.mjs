// Log densities of one state for a block of rows.
//
// b = constant − Σ_i (Σ_{j≤i} W_ij (x_j − μ_j))², with W = √½ · L⁻¹ and constant = −½(D ln 2π + ln|Σ|), all times
// log₂ e: densities are powers of two from here on, which spares the exponential a multiplication.
// Parameter record: μ (D doubles), W row by row (lower triangle, or its diagonal), the constant. All of them are read
// into locals before the loop: the compiler then reloads what does not fit the registers just before its use,
// whereas loads inside the loop all come first and spill.
import {
  add2,
  addI,
  get,
  i32,
  load2,
  locals,
  loopUp,
  mul2,
  PAIR,
  parameters,
  range,
  set,
  splat,
  store2,
  sub2,
} from './text.mjs';

const HALVES = ['a'];

function emission(name, features, weights, constantAt) {
  const constants = [];
  const constant = (at) => {
    const local = `c${at / 8}`;
    if (!constants.some((known) => known.at === at)) constants.push({ local, at });
    return get(local);
  };
  const lines = [];
  for (const d of range(features)) {
    for (const [n, half] of HALVES.entries()) {
      lines.push(set(`d${d}${half}`, sub2(load2('x', (n * features + d) * PAIR), constant(d * 8))));
    }
  }
  for (const [row, terms] of weights.entries()) {
    for (const [index, [column, at]] of terms.entries()) {
      for (const half of HALVES) {
        const product = mul2(constant(at), get(`d${column}${half}`));
        lines.push(set(`y${half}`, index === 0 ? product : add2(get(`y${half}`), product)));
      }
    }
    for (const half of HALVES) {
      const square = mul2(get(`y${half}`), get(`y${half}`));
      lines.push(set(`q${half}`, row === 0 ? square : add2(get(`q${half}`), square)));
    }
  }
  for (const [n, half] of HALVES.entries()) {
    lines.push(store2('oi', n * PAIR, sub2(constant(constantAt), get(`q${half}`))));
  }
  const vectors = [
    ...constants.map(({ local }) => local),
    ...HALVES.flatMap((half) => [`y${half}`, `q${half}`, ...range(features).map((d) => `d${d}${half}`)]),
  ];
  return `(func (export "${name}") ${parameters(['x', 'parameters', 'out', 'bytes'])}
  ${locals('i32', ['i', 'oi'])} ${locals('v128', vectors)}
  ${constants.map(({ local, at }) => set(local, splat('parameters', at))).join(' ')}
  ${loopUp(
    HALVES.length * PAIR,
    [
      set('oi', addI(get('out'), get('i'))),
      ...lines,
      set('x', addI(get('x'), i32(HALVES.length * features * PAIR))),
    ].join('\n    '),
  )})`;
}

export function fullEmission(features) {
  let at = features * 8;
  const weights = range(features).map((row) =>
    range(row + 1).map((column) => {
      const term = [column, at];
      at += 8;
      return term;
    }),
  );
  return emission(`emission_full_${features}`, features, weights, at);
}

export function diagonalEmission(features) {
  const weights = range(features).map((row) => [[row, (features + row) * 8]]);
  return emission(`emission_diag_${features}`, features, weights, 2 * features * 8);
}
