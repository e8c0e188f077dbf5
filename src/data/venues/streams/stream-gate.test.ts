import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlidingWindow, StreamGate } from './stream-gate.js';

it('lets through as many as allowed in every stretch of time, and no fewer than it could', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }),
      (most, withinMs, pauses) => {
        const window = new SlidingWindow({ most, withinMs });
        const taken: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const recent = taken.filter((at) => at > now - withinMs).length;
          const isOpen = window.has(now);
          if (isOpen !== recent < most) return false;
          if (!isOpen) continue;
          window.take(now);
          taken.push(now);
        }
        return true;
      },
    ),
  );
});

it('is open again at once when the clock was set back', () => {
  const gate = new StreamGate({ connections: { most: 1, withinMs: 1000 } });
  expect([gate.open(5_000_000), gate.open(5_000_500), gate.open(0), gate.open(999)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

it('lets one replace its socket at a time, and counts messages of all sockets where the venue does', () => {
  const gate = new StreamGate({
    connections: { most: 9, withinMs: 1000 },
    messages: { most: 2, withinMs: 1000 },
  });
  const [one, other] = [{}, {}];
  expect([gate.beginReplacing(one, 0), gate.beginReplacing(other, 0)]).toEqual([true, false]);
  gate.endReplacing(other);
  expect(gate.beginReplacing(other, 0)).toBe(false);
  gate.endReplacing(one);
  expect(gate.beginReplacing(other, 0)).toBe(true);
  expect([gate.send(0), gate.send(1), gate.send(2), gate.send(1001)]).toEqual([true, true, false, true]);
  const unlimited = new StreamGate({ connections: { most: 1, withinMs: 1000 } });
  for (let at = 0; at < 100; at += 1) expect(unlimited.send(0)).toBe(true);
});
