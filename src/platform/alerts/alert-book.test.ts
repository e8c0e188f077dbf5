import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../market/clock.js';
import { type AlertRow, type NewAlert, SEVERITIES } from '../store/alerts.js';
import { AlertBook, type AlertStore, type Notice } from './alert-book.js';

/** The store of the tests of two engines does the same: test/store/parity.test.ts. */
class MemoryStore implements AlertStore {
  readonly open = new Map<string, NewAlert>();
  away = false;

  async raise(alert: NewAlert): Promise<'fired' | 'graver' | 'known'> {
    if (this.away) throw new Error('away');
    const before = this.open.get(alert.name);
    this.open.set(alert.name, alert);
    if (before === undefined) return 'fired';
    return SEVERITIES.indexOf(alert.severity) > SEVERITIES.indexOf(before.severity) ? 'graver' : 'known';
  }

  async clear(name: string): Promise<AlertRow | undefined> {
    if (this.away) throw new Error('away');
    const alert = this.open.get(name);
    this.open.delete(name);
    return alert && { ...alert, id: 1, fired_at: 0, cleared_at: 0 };
  }
}

let store: MemoryStore;
let notices: Notice[];
const clock = new FixedClock(1_000);
const openBook = (): AlertBook => {
  const book = new AlertBook({ store, clock });
  book.onNotice((notice) => notices.push(notice));
  return book;
};
const events = (): string[] => notices.map(({ event, severity }) => `${event} ${severity}`);
const late = { name: 'stale:BTC', severity: 'warning', message: 'the newest bar is old' } as const;

beforeEach(() => {
  store = new MemoryStore();
  notices = [];
});

describe('an alert', () => {
  it('tells when it begins, gets worse and is over, and not in between', async () => {
    const book = openBook();
    for (let pass = 0; pass < 3; pass += 1) await book.raise(late);
    await book.raise({ ...late, message: 'older still' });
    await book.raise({ ...late, severity: 'critical' });
    await book.clear('stale:BTC');
    await book.clear('stale:BTC');
    expect(events()).toEqual(['fired warning', 'graver critical', 'cleared critical']);
    expect(notices[0]).toMatchObject({ kind: 'stale', name: 'stale:BTC', at: 1_000 });
  });

  it('is told once by several processes, and not again after a restart', async () => {
    await openBook().raise(late);
    await openBook().raise(late);
    await openBook().clear('stale:BTC');
    expect(events()).toEqual(['fired warning', 'cleared warning']);
  });

  it('is told while the store is away, and stored without a word when it is back', async () => {
    const book = openBook();
    await book.raise({ ...late, name: 'old' });
    store.away = true;
    await book.raise(late);
    await book.raise(late);
    await book.clear('old');
    expect(events()).toEqual(['fired warning', 'fired warning', 'cleared warning']);
    store.away = false;
    await book.reconcile();
    expect([...store.open.keys()]).toEqual(['stale:BTC']);
    await book.raise(late);
    expect(notices).toHaveLength(3);
  });

  it('keeps the order of what is said at the same moment', async () => {
    const book = openBook();
    await Promise.all([book.raise(late), book.clear('stale:BTC'), book.set('stale:BTC', late)]);
    expect(events()).toEqual(['fired warning', 'cleared warning', 'fired warning']);
  });
});
