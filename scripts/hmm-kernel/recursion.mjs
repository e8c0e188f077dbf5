// The forward and backward recursions over a run of rows of one block, scaled by powers of two.
//
// Forward: α_t = p ∘ (s e_t) with p = α_{t−1} A and s = 2^−exponent(Σ α_{t−1}). A power of two costs no division and
// no rounding; the exponents are counted, so ln Σα of the unscaled recursion is ln 2 · Σ exponents + ln Σ(s α).
// Backward: v_t = s (e_{t+1} ∘ β_{t+1}), β_t = A v_t with s taken from Σ v_{t+1}.
// `forward` and `backward` store α (β); the `keep` kinds also store u_t = s α_{t−1} (v_t), from which the expected
// transitions follow. `both` kinds run a forward and a backward step in one loop: two independent chains hide each
// other's latency, the numbers are the same.
//
// State record (bytes): 0 p or β (8 doubles), 64 u or v (8), 128 s, 136 Σ exponents, 144 smallest Σ seen (as bits).
// Parameter record: A row-major, K × K doubles.
import {
  add1,
  addI,
  get,
  i32,
  load1,
  locals,
  mul1,
  parameters,
  range,
  STRIDE,
  set,
  store1,
  sumOf,
} from './text.mjs';

export const STATE = { scale: 128, exponents: 136, smallest: 144, vector: 64 };
const EXPONENT_BITS = '(i64.const 0x7ff0000000000000)';
/** (2 · 1023) << 52: minus the exponent field of c this is the bit pattern of 2^−exponent(c). */
const TWICE_BIAS = '(i64.const 0x7fe0000000000000)';

/** A is kept in locals while it fits the registers and is read from memory beyond. */
const transition = (states, i, j) =>
  states <= 3 ? get(`a${i}${j}`) : load1('transitions', (i * states + j) * 8);
const transitionLocals = (states) =>
  states <= 3
    ? range(states).flatMap((i) => range(states).map((j) => [`a${i}${j}`, (i * states + j) * 8]))
    : [];

/** c → s and the smallest c; the exponent field stays in local `field`. */
const rescale = (prefix) => [
  set(`${prefix}bits`, `(i64.reinterpret_f64 ${get(`${prefix}c`)})`),
  set(
    `${prefix}least`,
    `(select ${get(`${prefix}bits`)} ${get(`${prefix}least`)} (i64.lt_u ${get(`${prefix}bits`)} ${get(`${prefix}least`)}))`,
  ),
  set(`${prefix}bits`, `(i64.and ${get(`${prefix}bits`)} ${EXPONENT_BITS})`),
  set(`${prefix}s`, `(f64.reinterpret_i64 (i64.sub ${TWICE_BIAS} ${get(`${prefix}bits`)}))`),
];

const restore = (prefix, states) => [
  ...range(states).flatMap((k) => [
    set(`${prefix}p${k}`, load1(`${prefix}state`, k * 8)),
    set(`${prefix}u${k}`, load1(`${prefix}state`, STATE.vector + k * 8)),
  ]),
  set(`${prefix}s`, load1(`${prefix}state`, STATE.scale)),
  set(`${prefix}least`, `(i64.load offset=${STATE.smallest} ${get(`${prefix}state`)})`),
];

const save = (prefix, states) => [
  ...range(states).flatMap((k) => [
    store1(`${prefix}state`, k * 8, get(`${prefix}p${k}`)),
    store1(`${prefix}state`, STATE.vector + k * 8, get(`${prefix}u${k}`)),
  ]),
  store1(`${prefix}state`, STATE.scale, get(`${prefix}s`)),
  `(i64.store offset=${STATE.smallest} ${get(`${prefix}state`)} ${get(`${prefix}least`)})`,
];

function forwardStep(states, keep) {
  const scaled = (k) => mul1(get('fp' + k), mul1(get('fs'), load1('fe', k * STRIDE)));
  return [
    ...(keep ? range(states).map((k) => store1('fv', k * STRIDE, get(`fu${k}`))) : []),
    ...range(states).map((k) => set(`fa${k}`, scaled(k))),
    ...range(states).map((k) => store1('fo', k * STRIDE, get(`fa${k}`))),
    set(
      'fc',
      sumOf(
        range(states).map((k) => get(`fa${k}`)),
        add1,
      ),
    ),
    ...rescale('f'),
    set('fx', `(i64.add ${get('fx')} (i64.sub (i64.shr_u ${get('fbits')} (i64.const 52)) (i64.const 1023)))`),
    // p stays unscaled; u carries the scale, and s is applied together with e in the next step
    ...range(states).map((j) =>
      set(
        `fp${j}`,
        sumOf(
          range(states).map((i) => mul1(get(`fa${i}`), transition(states, i, j))),
          add1,
        ),
      ),
    ),
    ...range(states).map((k) => set(`fu${k}`, mul1(get('fs'), get(`fa${k}`)))),
  ];
}

function backwardStep(states, keep) {
  const scaled = (k) => mul1(get(`bp${k}`), mul1(get('bs'), load1('be', k * STRIDE)));
  return [
    ...(keep ? range(states).map((k) => store1('bv', k * STRIDE, get(`bu${k}`))) : []),
    ...range(states).map((k) => store1('bo', k * STRIDE, get(`bp${k}`))),
    ...range(states).map((k) => set(`bu${k}`, scaled(k))),
    set(
      'bc',
      sumOf(
        range(states).map((k) => get(`bu${k}`)),
        add1,
      ),
    ),
    ...rescale('b'),
    ...range(states).map((i) =>
      set(
        `bp${i}`,
        sumOf(
          range(states).map((j) => mul1(transition(states, i, j), get(`bu${j}`))),
          add1,
        ),
      ),
    ),
  ];
}

const pointers = (prefix, keep) => ['e', 'o', ...(keep ? ['v'] : [])].map((name) => `${prefix}${name}`);
const numbers = (prefix, states) => [
  ...range(states).flatMap((k) => [`${prefix}p${k}`, `${prefix}u${k}`]),
  ...(prefix === 'f' ? range(states).map((k) => `fa${k}`) : []),
  `${prefix}s`,
  `${prefix}c`,
];
const advance = (names, step) => names.map((name) => set(name, addI(get(name), i32(step))));

/** Rows are visited from the first to the last. */
const forwardPart = (states, keep) => ({
  prefix: 'f',
  keep,
  step: [...forwardStep(states, keep), ...advance(pointers('f', keep), 8)],
  before: [],
  after: [
    store1(
      'fstate',
      STATE.exponents,
      add1(load1('fstate', STATE.exponents), `(f64.convert_i64_s ${get('fx')})`),
    ),
  ],
});

/** Rows are visited from the last to the first; pointers come in at the first. */
const backwardPart = (states, keep) => ({
  prefix: 'b',
  keep,
  step: [...backwardStep(states, keep), ...advance(pointers('b', keep), -8)],
  before: pointers('b', keep).map((name) =>
    set(name, addI(get(name), `(i32.sub ${get('bytes')} ${i32(8)})`)),
  ),
  after: [],
});

function recursion(name, states, parts) {
  const pointerNames = parts.flatMap(({ prefix, keep }) => [...pointers(prefix, keep), `${prefix}state`]);
  const declared = parts.flatMap(({ prefix }) => numbers(prefix, states));
  const integers = parts.flatMap(({ prefix }) => [`${prefix}bits`, `${prefix}least`]);
  const constants = transitionLocals(states);
  return `(func (export "${name}_${states}") ${parameters([...pointerNames, 'transitions', 'bytes'])}
  (local $left i32) ${locals('f64', [...declared, ...constants.map(([local]) => local)])} ${locals('i64', [...integers, 'fx'])}
  ${constants.map(([local, at]) => set(local, load1('transitions', at))).join(' ')}
  ${parts.flatMap((part) => [...restore(part.prefix, states), ...part.before]).join('\n  ')}
  ${set('left', get('bytes'))}
  (loop $next
    ${parts.flatMap(({ step }) => step).join('\n    ')}
    (br_if $next (local.tee $left (i32.sub ${get('left')} ${i32(8)}))))
  ${parts.flatMap((part) => [...save(part.prefix, states), ...part.after]).join('\n  ')})`;
}

export function recursions(states) {
  return [
    recursion('forward', states, [forwardPart(states, false)]),
    recursion('forward_keep', states, [forwardPart(states, true)]),
    recursion('backward', states, [backwardPart(states, false)]),
    recursion('backward_keep', states, [backwardPart(states, true)]),
    recursion('both', states, [forwardPart(states, false), backwardPart(states, false)]),
    recursion('both_keep', states, [forwardPart(states, true), backwardPart(states, true)]),
  ].join('\n');
}
