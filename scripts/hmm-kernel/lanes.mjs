// Two ways to hold K numbers of a row: one per local, or two per vector (K ≥ 4, where arithmetic outweighs latency).
// A slot is a local: state `slot`, or states 2·slot and 2·slot + 1 (the last one padded with zero when K is odd).
import {
  add1,
  add2,
  get,
  lanesAdded,
  load1,
  load2,
  mul1,
  mul2,
  range,
  STRIDE,
  set,
  store1,
  store2,
  sumOf,
} from './text.mjs';

/** One double, lane 0 of a vector whose lane 1 is zero; or two doubles from two places. */
const lonely = (base, offset) => `(v128.load64_zero offset=${offset} ${get(base)})`;
const gathered = (base, first, second) =>
  `(v128.load64_lane offset=${second} 1 ${get(base)} ${lonely(base, first)})`;

const single = (states) => ({
  type: 'f64',
  slots: range(states),
  add: add1,
  multiply: mul1,
  scale: (prefix) => get(`${prefix}s`),
  element: (name, state) => get(`${name}${state}`),
  loadColumn: (base, slot) => load1(base, slot * STRIDE),
  storeColumn: (base, slot, value) => [store1(base, slot * STRIDE, value)],
  loadState: (base, offset, slot) => load1(base, offset + slot * 8),
  storeState: (base, offset, slot, value) => store1(base, offset + slot * 8, value),
  total: (prefix, name) => [
    set(
      `${prefix}c`,
      sumOf(
        range(states).map((k) => get(`${name}${k}`)),
        add1,
      ),
    ),
  ],
  /** P(slot | state) read from A for the forward product; transposed for the backward one. */
  constants: (backward) =>
    range(states).flatMap((state) =>
      range(states).map((slot) => ({
        local: backward ? `a${slot}_${state}` : `a${state}_${slot}`,
        value: load1('transitions', (backward ? slot * states + state : state * states + slot) * 8),
      })),
    ),
  constant: (backward, state, slot) => get(backward ? `a${slot}_${state}` : `a${state}_${slot}`),
});

const paired = (states) => {
  const full = (slot) => 2 * slot + 1 < states;
  const at = (row, column) => (row * states + column) * 8;
  const slots = range(Math.ceil(states / 2));
  return {
    type: 'v128',
    slots,
    add: add2,
    multiply: mul2,
    scale: (prefix) => `(f64x2.splat ${get(`${prefix}s`)})`,
    element: (name, state) =>
      `(f64x2.splat (f64x2.extract_lane ${state % 2} ${get(`${name}${state >> 1}`)}))`,
    loadColumn: (base, slot) =>
      full(slot)
        ? gathered(base, 2 * slot * STRIDE, (2 * slot + 1) * STRIDE)
        : lonely(base, 2 * slot * STRIDE),
    storeColumn: (base, slot, value) =>
      range(full(slot) ? 2 : 1).map(
        (lane) => `(v128.store64_lane offset=${(2 * slot + lane) * STRIDE} ${lane} ${get(base)} ${value})`,
      ),
    loadState: (base, offset, slot) => load2(base, offset + slot * 16),
    storeState: (base, offset, slot, value) => store2(base, offset + slot * 16, value),
    total: (prefix, name) => [
      set(
        `${prefix}t`,
        sumOf(
          slots.map((slot) => get(`${name}${slot}`)),
          add2,
        ),
      ),
      set(`${prefix}c`, lanesAdded(`${prefix}t`)),
    ],
    constants: (backward) =>
      range(states).flatMap((state) =>
        slots.map((slot) => {
          const cells = [0, 1].map((lane) =>
            backward ? at(2 * slot + lane, state) : at(state, 2 * slot + lane),
          );
          return {
            local: `${backward ? 'b' : 'a'}${state}_${slot}`,
            value: full(slot) ? gathered('transitions', ...cells) : lonely('transitions', cells[0]),
          };
        }),
      ),
    constant: (backward, state, slot) => get(`${backward ? 'b' : 'a'}${state}_${slot}`),
  };
};

export const lanes = (states) => (states <= 3 ? single(states) : paired(states));
