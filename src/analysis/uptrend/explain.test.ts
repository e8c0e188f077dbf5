/** The words agree with what the engine does at the next bar. */
import { describe, expect, it } from 'vitest';
import { UptrendEngine } from './engine.js';
import { explainUptrend } from './explain.js';
import type { UptrendPayload } from './payload.js';
import { UPTREND_PROFILES, uptrendConfig } from './profile.js';
import { randomBars } from './random-bars.fixture.js';

describe.each(UPTREND_PROFILES)('explanation, profile %s', (profile) => {
  const config = uptrendConfig(profile);
  const payloads: UptrendPayload[] = [];
  new UptrendEngine({ instrument: 'test:spot:ANY', timeframe: '1h', config }).run(
    randomBars(3, 2600),
    (payload) => payloads.push(payload),
  );

  it('names for every change of state a path whose conditions held at that bar', () => {
    let changes = 0;
    for (const [at, payload] of payloads.entries()) {
      const before = payloads[at - 1];
      if (before === undefined || before.state === payload.state) continue;
      changes += 1;
      // the paths of the state before, judged by the numbers of the bar that changed it
      const asked = { ...payload, state: before.state };
      const taken = explainUptrend(asked, config).paths.find(({ to }) => to === payload.state);
      expect(
        taken?.conditions.every(({ ok }) => ok),
        `${before.state} to ${payload.state}`,
      ).toBe(true);
    }
    expect(changes).toBeGreaterThan(20);
  });

  it('says what is missing while the state stays, and agrees with the flags', () => {
    for (const payload of payloads) {
      const { paths, signals, sentence, state } = explainUptrend(payload, config);
      expect(sentence.length).toBeGreaterThan(20);
      expect(state).toBe(payload.state);
      if (payload.prev_state === payload.state) {
        const first = paths[0]!;
        expect(first.conditions.some(({ ok }) => !ok)).toBe(true);
        expect(first.sentence).toMatch(/ still needs /);
      }
      for (const { flag, raised, conditions } of signals) {
        expect(raised).toBe(payload[flag] === true);
        expect(conditions.every(({ ok }) => ok)).toBe(raised);
      }
    }
  });
});
