import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { AlertBook, type AlertStore } from '../../platform/alerts/alert-book.js';
import { telegramChannel, webhookChannel } from '../../platform/alerts/channels.js';
import { Notifier } from '../../platform/alerts/notifier.js';
import type { NewAlert } from '../../platform/store/alerts.js';
import type { DriversHealth } from '../drivers/driver-answers.js';
import { DriverAlerts } from './driver-alerts.js';

type Told = DriversHealth['alerts'];
const stale = {
  name: 'driver.BTC.1m',
  level: 'critical',
  message: 'BTC 1m is stale: the newest bar closed 6 min ago',
} as const;
const frozen = {
  name: 'static_provider',
  level: 'warning',
  message: 'the provider of dominance last renewed its numbers 31 min ago',
} as const;
const missing = {
  name: 'driver.nano.1h',
  level: 'warning',
  message: 'nano 1h is missing: fewer than three tokens of this bucket have one',
} as const;

let store: Map<string, NewAlert>;
let wrong: Told;
let bars: number;
let failures: unknown[];
let sent: { readonly url: string; readonly text: string }[];
let notifier: Notifier;
const clock = new FixedClock(1_000);

const alertStore: AlertStore = {
  async raise(alert) {
    const before = store.has(alert.name);
    store.set(alert.name, alert);
    return before ? 'known' : 'fired';
  },
  async clear(name) {
    const alert = store.get(name);
    store.delete(name);
    return alert && { ...alert, id: 1, fired_at: 0, cleared_at: 0 };
  },
};

/** A process that has just started: its book and its part know nothing yet. */
function open(): DriverAlerts {
  const alerts = new AlertBook({ store: alertStore, clock });
  alerts.onNotice((notice) => notifier.notify(notice));
  return new DriverAlerts({
    alerts,
    health: async () => {
      if (bars < 0) throw new Error('the database is down');
      return { as_of: 1, cells: [{ bars }], steps: [], alerts: wrong } as unknown as DriversHealth;
    },
    open: async () => [...store.values()],
    onFailure: (error) => failures.push(error),
  });
}

const ask = (async (url: string, { body }: { body: string }) => {
  sent.push({ url, text: (JSON.parse(body) as { text: string }).text });
  return new Response('{}');
}) as unknown as typeof fetch;
const told = async (): Promise<string[]> => {
  await vi.advanceTimersByTimeAsync(0);
  return sent
    .splice(0)
    .filter(({ url }) => url.startsWith('https://hook'))
    .map(({ text }) => text);
};

beforeEach(() => {
  vi.useFakeTimers();
  store = new Map();
  wrong = [];
  bars = 400;
  failures = [];
  sent = [];
  notifier = new Notifier({
    channels: [
      webhookChannel({ url: 'https://hook.example', fetch: ask }),
      telegramChannel({ baseUrl: 'https://api.telegram.org', token: 't', chat: '1', fetch: ask }),
    ],
    secrets: [],
    least: 'warning',
    onFailure: (_channel, reason) => failures.push(reason),
  });
});
afterEach(() => void vi.useRealTimers());

describe('the alerts of the drivers', () => {
  it('fire once when a cell goes missing, stale or frozen, and clear once', async () => {
    const part = open();
    await part.look();
    expect(await told()).toEqual([]);
    wrong = [stale, frozen, missing];
    for (let minute = 0; minute < 5; minute += 1) {
      await part.look();
      wrong = wrong.map((each) => ({ ...each, message: `${each.message} and more` }));
    }
    expect(await told()).toEqual(
      [stale, frozen, missing].map(({ level, message }) => `ALERT ${level}: ${message}`),
    );
    expect([...store.keys()].sort()).toEqual(['driver:BTC.1m', 'driver:nano.1h', 'static_provider']);
    wrong = [missing];
    await part.look();
    await part.look();
    expect((await told()).map((text) => text.slice(0, 20))).toEqual([
      'OVER critical: BTC 1',
      'OVER warning: the pr',
    ]);
    wrong = [];
    await part.look();
    expect((await told()).length).toBe(1);
    expect(store.size).toBe(0);
    expect(failures).toEqual([]);
  });

  it('reach every channel', async () => {
    wrong = [stale];
    await open().look();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.map(({ url }) => new URL(url).host)).toEqual(['hook.example', 'api.telegram.org']);
  });

  it('are not told again by the process that takes over, which clears what is over', async () => {
    wrong = [stale, frozen];
    await open().look();
    expect(await told()).toHaveLength(2);
    wrong = [frozen];
    store.set('job_missed:oi', {
      ...store.get('static_provider')!,
      name: 'job_missed:oi',
      kind: 'job_missed',
    });
    await open().look();
    expect((await told()).map((text) => text.slice(0, 4))).toEqual(['OVER']);
    expect([...store.keys()].sort()).toEqual(['job_missed:oi', 'static_provider']);
  });

  it('are one for a home in which no driver has a bar', async () => {
    bars = 0;
    wrong = [stale, frozen, missing];
    const part = open();
    await part.look();
    expect(await told()).toEqual([
      'ALERT warning: no driver has bars · fetch them with: tidewatch drivers backfill',
    ]);
    bars = 400;
    wrong = [];
    await part.look();
    expect((await told())[0]).toContain('OVER');
  });

  it('are looked at every minute, also after a look that failed', async () => {
    const part = open();
    bars = -1;
    await part.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toHaveLength(1);
    bars = 400;
    wrong = [stale];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(part.status()).toEqual({ last_look: 1, open: ['driver:BTC.1m'] });
    await part.stop();
    wrong = [];
    await vi.advanceTimersByTimeAsync(120_000);
    expect(store.size).toBe(1);
  });
});
