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
import { lanes } from './lanes.mjs';
import { add1, addI, get, i32, load1, locals, parameters, range, set, store1, sumOf } from './text.mjs';

const STATE = { scale: 128, exponents: 136, smallest: 144, vector: 64 };
const EXPONENT_BITS = '(i64.const 0x7ff0000000000000)';
/** (2 · 1023) << 52: minus the exponent field of c this is the bit pattern of 2^−exponent(c). */
const TWICE_BIAS = '(i64.const 0x7fe0000000000000)';

/** c → s and the smallest c; the exponent field stays in local `bits`. */
const rescale = (prefix) => {
  const [bits, least] = [`${prefix}bits`, `${prefix}least`];
  return [
    set(bits, `(i64.reinterpret_f64 ${get(`${prefix}c`)})`),
    set(least, `(select ${get(bits)} ${get(least)} (i64.lt_u ${get(bits)} ${get(least)}))`),
    set(bits, `(i64.and ${get(bits)} ${EXPONENT_BITS})`),
    set(`${prefix}s`, `(f64.reinterpret_i64 (i64.sub ${TWICE_BIAS} ${get(bits)}))`),
  ];
};

/** target_slot = Σ_state source_state · A. */
const product = (hold, states, backward, target, source) =>
  hold.slots.map((slot) =>
    set(
      `${target}${slot}`,
      sumOf(
        range(states).map((state) =>
          hold.multiply(hold.element(source, state), hold.constant(backward, state, slot)),
        ),
        hold.add,
      ),
    ),
  );

function forwardStep(states, keep) {
  const hold = lanes(states);
  const storeAll = (base, name) =>
    hold.slots.flatMap((slot) => hold.storeColumn(base, slot, get(`${name}${slot}`)));
  return [
    ...(keep ? storeAll('fv', 'fu') : []),
    ...hold.slots.map((slot) =>
      set(
        `fa${slot}`,
        hold.multiply(get(`fp${slot}`), hold.multiply(hold.scale('f'), hold.loadColumn('fe', slot))),
      ),
    ),
    ...storeAll('fo', 'fa'),
    ...hold.total('f', 'fa'),
    ...rescale('f'),
    set('fx', `(i64.add ${get('fx')} (i64.sub (i64.shr_u ${get('fbits')} (i64.const 52)) (i64.const 1023)))`),
    // p stays unscaled; u carries the scale, and s is applied together with e in the next step
    ...product(hold, states, false, 'fp', 'fa'),
    ...hold.slots.map((slot) => set(`fu${slot}`, hold.multiply(hold.scale('f'), get(`fa${slot}`)))),
  ];
}

function backwardStep(states, keep) {
  const hold = lanes(states);
  const storeAll = (base, name) =>
    hold.slots.flatMap((slot) => hold.storeColumn(base, slot, get(`${name}${slot}`)));
  return [
    ...(keep ? storeAll('bv', 'bu') : []),
    ...storeAll('bo', 'bp'),
    ...hold.slots.map((slot) =>
      set(
        `bu${slot}`,
        hold.multiply(get(`bp${slot}`), hold.multiply(hold.scale('b'), hold.loadColumn('be', slot))),
      ),
    ),
    ...hold.total('b', 'bu'),
    ...rescale('b'),
    ...product(hold, states, true, 'bp', 'bu'),
  ];
}

const pointers = (prefix, keep) => ['e', 'o', ...(keep ? ['v'] : [])].map((name) => `${prefix}${name}`);
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

const restore = ({ prefix }, hold) => [
  ...hold.slots.flatMap((slot) => [
    set(`${prefix}p${slot}`, hold.loadState(`${prefix}state`, 0, slot)),
    set(`${prefix}u${slot}`, hold.loadState(`${prefix}state`, STATE.vector, slot)),
  ]),
  set(`${prefix}s`, load1(`${prefix}state`, STATE.scale)),
  set(`${prefix}least`, `(i64.load offset=${STATE.smallest} ${get(`${prefix}state`)})`),
];

const save = ({ prefix }, hold) => [
  ...hold.slots.flatMap((slot) => [
    hold.storeState(`${prefix}state`, 0, slot, get(`${prefix}p${slot}`)),
    hold.storeState(`${prefix}state`, STATE.vector, slot, get(`${prefix}u${slot}`)),
  ]),
  store1(`${prefix}state`, STATE.scale, get(`${prefix}s`)),
  `(i64.store offset=${STATE.smallest} ${get(`${prefix}state`)} ${get(`${prefix}least`)})`,
];

function recursion(name, states, parts) {
  const hold = lanes(states);
  const pointerNames = parts.flatMap(({ prefix, keep }) => [...pointers(prefix, keep), `${prefix}state`]);
  const constants = new Map(
    parts.flatMap(({ prefix }) => hold.constants(prefix === 'b').map(({ local, value }) => [local, value])),
  );
  const vectors = parts.flatMap(({ prefix }) => [
    ...(hold.type === 'v128' ? [`${prefix}t`] : []),
    ...['p', 'u', 'a'].flatMap((kind) => hold.slots.map((slot) => `${prefix}${kind}${slot}`)),
  ]);
  const scalars = parts.flatMap(({ prefix }) => [`${prefix}s`, `${prefix}c`]);
  const integers = parts.flatMap(({ prefix }) => [`${prefix}bits`, `${prefix}least`]);
  return `(func (export "${name}_${states}") ${parameters([...pointerNames, 'transitions', 'bytes'])}
  (local $left i32) ${locals(hold.type, [...vectors, ...constants.keys()])}
  ${locals('f64', scalars)} ${locals('i64', [...integers, 'fx'])}
  ${[...constants].map(([local, value]) => set(local, value)).join(' ')}
  ${parts.flatMap((part) => [...restore(part, hold), ...part.before]).join('\n  ')}
  ${set('left', get('bytes'))}
  (loop $next
    ${parts.flatMap(({ step }) => step).join('\n    ')}
    (br_if $next (local.tee $left (i32.sub ${get('left')} ${i32(8)}))))
  ${parts.flatMap((part) => [...save(part, hold), ...part.after]).join('\n  ')})`;
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
