// Log densities of one state for a block of rows, four rows at a time.
//
// b = constant − Σ_i (Σ_{j≤i} W_ij (x_j − μ_j))², with W = √½ · L⁻¹ and constant = −½(D ln 2π + ln|Σ|).
// Parameter record: μ (D doubles), W row by row (lower triangle, or its diagonal), the constant.
import {
  add2,
  addI,
  get,
  load2,
  locals,
  loopUp,
  mul2,
  PAIR,
  parameters,
  range,
  STRIDE,
  set,
  splat,
  store2,
  sub2,
} from './text.mjs';

const HALVES = ['a', 'b'];

function emission(name, features, weights, constantAt) {
  const distance = (d, half) =>
    set(`d${d}${half}`, sub2(load2('xi', d * STRIDE + (half === 'b' ? PAIR : 0)), get('w')));
  const lines = [];
  for (const d of range(features)) {
    lines.push(set('w', splat('parameters', d * 8)));
    for (const half of HALVES) lines.push(distance(d, half));
  }
  for (const [row, terms] of weights.entries()) {
    for (const [index, [column, at]] of terms.entries()) {
      lines.push(set('w', splat('parameters', at)));
      for (const half of HALVES) {
        const product = mul2(get('w'), get(`d${column}${half}`));
        lines.push(set(`y${half}`, index === 0 ? product : add2(get(`y${half}`), product)));
      }
    }
    for (const half of HALVES) {
      const square = mul2(get(`y${half}`), get(`y${half}`));
      lines.push(set(`q${half}`, row === 0 ? square : add2(get(`q${half}`), square)));
    }
  }
  lines.push(set('w', splat('parameters', constantAt)));
  for (const half of HALVES) {
    lines.push(store2('oi', half === 'b' ? PAIR : 0, sub2(get('w'), get(`q${half}`))));
  }
  const vectors = [
    'w',
    ...HALVES.flatMap((half) => [`y${half}`, `q${half}`, ...range(features).map((d) => `d${d}${half}`)]),
  ];
  return `(func (export "${name}") ${parameters(['x', 'parameters', 'out', 'bytes'])}
  ${locals('i32', ['i', 'xi', 'oi'])} ${locals('v128', vectors)}
  ${loopUp(
    32,
    [set('xi', addI(get('x'), get('i'))), set('oi', addI(get('out'), get('i'))), ...lines].join('\n    '),
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
