// From α, β and u or v of a block: posteriors γ, expected transitions and the moments Σγ, Σγx, Σγxxᵀ.
import {
  add2,
  addI,
  both,
  div2,
  get,
  i32,
  lanesAdded,
  load2,
  locals,
  loopUp,
  mul2,
  PAIR,
  parameters,
  range,
  STRIDE,
  set,
  smaller2,
  store1,
  store2,
  sumOf,
} from './text.mjs';

const HUGE = 1e300;

/**
 * Both kinds return the smallest Σ_k α_k β_k of the block, which tells whether the scaled numbers still carry the row.
 * posterior_backward(α, β, γ, a): γ = a ∘ β with a = α / Σαβ.
 * posterior_forward(α, β, γ, b, e): γ = α ∘ β / Σαβ and b = e ∘ β / Σαβ.
 */
export function posteriors(states) {
  const common = [
    ...range(states).flatMap((k) => [
      set(`a${k}`, load2('ai', k * STRIDE)),
      set(`b${k}`, load2('bi', k * STRIDE)),
    ]),
    set(
      'n',
      sumOf(
        range(states).map((k) => mul2(get(`a${k}`), get(`b${k}`))),
        add2,
      ),
    ),
    set('least', smaller2(get('least'), get('n'))),
    set('g', div2(both(1), get('n'))),
  ];
  const kinds = [
    {
      name: 'posterior_backward',
      pointers: ['a', 'b', 'g', 'w'],
      body: range(states).flatMap((k) => [
        set(`a${k}`, mul2(get(`a${k}`), get('g'))),
        store2('wi', k * STRIDE, get(`a${k}`)),
        store2('gi', k * STRIDE, mul2(get(`a${k}`), get(`b${k}`))),
      ]),
    },
    {
      name: 'posterior_forward',
      pointers: ['a', 'b', 'g', 'w', 'e'],
      body: range(states).flatMap((k) => [
        set(`b${k}`, mul2(get(`b${k}`), get('g'))),
        store2('wi', k * STRIDE, mul2(get(`b${k}`), load2('ei', k * STRIDE))),
        store2('gi', k * STRIDE, mul2(get(`a${k}`), get(`b${k}`))),
      ]),
    },
  ];
  return kinds
    .map(({ name, pointers, body }) => {
      const vectors = [...range(states).flatMap((k) => [`a${k}`, `b${k}`]), 'n', 'g', 'least'];
      return `(func (export "${name}_${states}") ${parameters([...pointers.map((p) => `${p}base`), 'bytes'])} (result f64)
  ${locals('i32', ['i', ...pointers.map((p) => `${p}i`)])} ${locals('v128', vectors)}
  ${set('least', both(HUGE))}
  ${loopUp(16, [...pointers.map((p) => set(`${p}i`, addI(get(`${p}base`), get('i')))), ...common, ...body].join('\n    '))}
  (f64.min (f64x2.extract_lane 0 ${get('least')}) (f64x2.extract_lane 1 ${get('least')})))`;
    })
    .join('\n');
}

/** γ_k = α_k / Σα in place: filtered probabilities. */
export function normalise(states) {
  const body = [
    set('ci', addI(get('columns'), get('i'))),
    ...range(states).map((k) => set(`a${k}`, load2('ci', k * STRIDE))),
    set(
      'g',
      div2(
        both(1),
        sumOf(
          range(states).map((k) => get(`a${k}`)),
          add2,
        ),
      ),
    ),
    ...range(states).map((k) => store2('ci', k * STRIDE, mul2(get(`a${k}`), get('g')))),
  ];
  return `(func (export "normalise_${states}") ${parameters(['columns', 'bytes'])}
  ${locals('i32', ['i', 'ci'])} ${locals('v128', ['g', ...range(states).map((k) => `a${k}`)])}
  ${loopUp(16, body.join('\n    '))})`;
}

/** K columns to rows × K, row-major. */
export function interleave(states) {
  const body = [
    set('ci', addI(get('columns'), get('i'))),
    ...range(states).map((k) => store1('out', k * 8, `(f64.load offset=${k * STRIDE} ${get('ci')})`)),
    set('out', addI(get('out'), i32(states * 8))),
  ];
  return `(func (export "interleave_${states}") ${parameters(['columns', 'out', 'bytes'])} ${locals('i32', ['i', 'ci'])}
  ${loopUp(8, body.join('\n    '))})`;
}

/**
 * One pass over the block: every accumulator gets the sum over rows of its term, lanes added at the end. An entry with
 * `before` is a statement among the terms.
 */
function pass({ bases, before = [], prologue, sums, after = [] }) {
  const accumulators = sums.filter(({ term }) => term !== undefined);
  const statement = (entry) => {
    if (entry.before) return entry.before;
    const name = `s${accumulators.indexOf(entry)}`;
    return set(name, add2(get(name), entry.term));
  };
  const body = [
    ...bases.map((base) => set(`${base}i`, addI(get(base), get('i')))),
    ...prologue,
    ...sums.map(statement),
    ...after,
  ];
  return `
  ${[set('i', i32(0)), ...before].join(' ')}
  ${accumulators.map((_, index) => set(`s${index}`, both(0))).join(' ')}
  ${loopUp(16, body.join('\n    '))}
  ${accumulators.map(({ at }, index) => store1('out', at, lanesAdded(`s${index}`))).join('\n  ')}`;
}

/** transitions_K(a, v, out, bytes): out[i·K + j] = Σ_rows a_i v_j, in 3 × 3 tiles. */
export function transitionProducts(states) {
  const tiles = range(Math.ceil(states / 3)).flatMap((ti) =>
    range(Math.ceil(states / 3)).map((tj) => ({
      rows: range(Math.min(states, ti * 3 + 3), ti * 3),
      columns: range(Math.min(states, tj * 3 + 3), tj * 3),
    })),
  );
  const passes = tiles.map(({ rows, columns }) =>
    pass({
      bases: ['a', 'v'],
      prologue: [
        ...rows.map((i, n) => set(`l${n}`, load2('ai', i * STRIDE))),
        ...columns.map((j, n) => set(`r${n}`, load2('vi', j * STRIDE))),
      ],
      sums: rows.flatMap((i, n) =>
        columns.map((j, m) => ({ at: (i * states + j) * 8, term: mul2(get(`l${n}`), get(`r${m}`)) })),
      ),
    }),
  );
  return `(func (export "transitions_${states}") ${parameters(['a', 'v', 'out', 'bytes'])}
  ${locals('i32', ['i', 'ai', 'vi'])} ${locals('v128', ['l0', 'l1', 'l2', 'r0', 'r1', 'r2', ...range(9).map((n) => `s${n}`)])}
  ${passes.join('\n')})`;
}

/** A pass reads the observations from the first pair of rows to the last. */
const rowsInOrder = (features) => ({
  before: [set('xi', get('x'))],
  after: [set('xi', addI(get('xi'), i32(features * PAIR)))],
});

const momentFunction = (name, features, most, passes) =>
  `(func (export "${name}_${features}") ${parameters(['weight', 'x', 'out', 'bytes'])}
  ${locals('i32', ['i', 'xi', 'weighti'])}
  ${locals('v128', ['w', 'xv', ...range(features).map((d) => `t${d}`), ...range(most).map((n) => `s${n}`)])}
  ${passes.join('\n')})`;

/** t_d = γ x_d for the given d. */
const weighted = (rows) => rows.map((d) => set(`t${d}`, mul2(get('w'), load2('xi', d * PAIR))));

/** Triangle rows that share a pass: their accumulators, weighted columns and operands fill the sixteen registers. */
const MOST_SUMS = 8;

/**
 * moments_full_D(γ_k, x, out, bytes): out = Σγ, Σγx (D), Σγxxᵀ (lower triangle, row by row). Within a pass the columns
 * are visited in order, so that one of them is held at a time.
 */
export function fullMoments(features) {
  const offset = (d, e) => (1 + features + (d * (d + 1)) / 2 + e) * 8;
  const groups = [];
  for (const d of range(features).reverse()) {
    const group = groups.find((rows) => rows.reduce((sum, r) => sum + r + 2, 0) + d + 2 <= MOST_SUMS);
    if (group) group.push(d);
    else groups.push([d]);
  }
  const passes = groups.map((rows, index) => {
    const columns = range(Math.max(...rows) + 1);
    return pass({
      bases: ['weight'],
      ...rowsInOrder(features),
      prologue: [set('w', load2('weighti', 0)), ...weighted(rows)],
      sums: [
        ...(index === groups.length - 1 ? [{ at: 0, term: get('w') }] : []),
        ...rows.map((d) => ({ at: (1 + d) * 8, term: get(`t${d}`) })),
        ...columns.flatMap((e) => [
          { before: set('xv', load2('xi', e * PAIR)) },
          ...rows
            .filter((d) => e <= d)
            .map((d) => ({ at: offset(d, e), term: mul2(get(`t${d}`), get('xv')) })),
        ]),
      ],
    });
  });
  return momentFunction('moments_full', features, Math.max(MOST_SUMS, features + 1) + 1, passes);
}

/** moments_diag_D(γ_k, x, out, bytes): out = Σγ, Σγx (D), Σγx² (D). */
export function diagonalMoments(features) {
  const groups = range(Math.ceil(features / 3)).map((g) => range(Math.min(features, g * 3 + 3), g * 3));
  const passes = groups.map((rows, index) =>
    pass({
      bases: ['weight'],
      ...rowsInOrder(features),
      prologue: [set('w', load2('weighti', 0))],
      sums: [
        ...(index === 0 ? [{ at: 0, term: get('w') }] : []),
        ...rows.flatMap((d) => [
          { before: `${set('xv', load2('xi', d * PAIR))} ${set(`t${d}`, mul2(get('w'), get('xv')))}` },
          { at: (1 + d) * 8, term: get(`t${d}`) },
          { at: (1 + features + d) * 8, term: mul2(get(`t${d}`), get('xv')) },
        ]),
      ],
    }),
  );
  return momentFunction('moments_diag', features, 7, passes);
}
