/** The same store on two engines, embedded and a server: every case runs on both. */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TidewatchError } from '../../src/errors.js';
import { DurableJobQueue } from '../../src/platform/jobs/durable-job-queue.js';
import { isEnded, type JobContext, type JobEvent, type JobKind } from '../../src/platform/jobs/job.js';
import { restoreBackup, verifyBackup, writeBackup } from '../../src/platform/store/backup.js';
import { migrate, readMigrations } from '../../src/platform/store/migrations.js';
import { PostgresDriver } from '../../src/platform/store/postgres-driver.js';
import { columnsOf } from '../../src/platform/store/schema-check.js';
import { instant, sqlState } from '../../src/platform/store/sql.js';
import { restoreStore, Store, type StorePlace } from '../../src/platform/store/store.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { type Engines, openEngines } from './engines.js';

let engines: Engines;
beforeAll(async () => {
  engines = await openEngines();
});
afterAll(() => engines.stop());

const HEAD = '0015_alerts';

describe.each(['pglite', 'postgres'] as const)('on %s', (engine) => {
  let place: StorePlace;
  let store: Store;
  const stateOf = (work: Promise<unknown>): Promise<string | undefined> => work.then(() => 'none', sqlState);

  beforeAll(async () => {
    place = await engines.place(engine);
    store = await Store.open(place);
  });
  afterAll(() => store.close());

  it('has every migration, table and column, and the seed', async () => {
    const status = await store.status();
    expect(status).toMatchObject({ engine, head: HEAD, expected: HEAD, pending: [], missing: [] });
    expect(status.rows).toMatchObject({ positions: 24, module_configs: 4, schema_migrations: 15 });
    const expected = JSON.parse(
      readFileSync('src/platform/store/migrations/expected-columns.json', 'utf8'),
    ) as unknown;
    expect(await columnsOf(store.sql)).toEqual(expected);
    const { rows } = await store.sql.query(
      "SELECT instrument_id, token_contract, token_ticker FROM positions WHERE token_ticker = 'BTC.d' AND timeframe = '1h'",
    );
    expect(rows).toEqual([
      { instrument_id: 'regime:onchain_crypto:btc_d', token_contract: 'regime_btc_d', token_ticker: 'BTC.d' },
    ]);
  });

  it('reads the same types', async () => {
    const { rows } = await store.sql.query(
      `SELECT 1234567890.123456789012345678::numeric(38, 18) AS exact, count(*) AS n, $1::timestamptz AS at,
              '{"a": [1, null]}'::jsonb AS json, array['x', 'y'] AS texts, true AS flag, 0.5::double precision AS share,
              NULL::timestamptz AS never
         FROM positions`,
      [instant(1_767_617_999_123)],
    );
    expect(rows).toEqual([
      {
        exact: '1234567890.123456789012345678',
        n: 24,
        at: 1_767_617_999_123,
        json: { a: [1, null] },
        texts: ['x', 'y'],
        flag: true,
        share: 0.5,
        never: null,
      },
    ]);
  });

  it('holds the rules of the tables', async () => {
    const add = (columns: string, values: string) =>
      stateOf(
        store.sql.query(
          `INSERT INTO positions (instrument_id, token_chain, token_contract, timeframe, ${columns})
           VALUES ('dex:solana:x', 'solana', 'x', ${values})`,
        ),
      );
    expect(await add('book_id', "'1h', 'onchain_crypto'")).toBe('none');
    expect(await add('book_id', "'1h', 'onchain_crypto'"), 'one per book').toBe('23505');
    expect(await add('book_id', "'1h', 'perps'")).toBe('none');
    expect(await add('status', "'2h', 'watchlist'"), 'a timeframe that is none').toBe('23514');
    expect(await add('status', "'4h', 'active'"), 'active without a trade').toBe('23514');
    expect(await add('status, total_quantity', "'4h', 'watchlist', 1"), 'watched with a quantity').toBe(
      '23514',
    );
    const changed = await store.sql.query<{ moved: boolean }>(
      `UPDATE positions SET notes = 'seen', created_at = created_at - interval '1 day'
        WHERE instrument_id = 'dex:solana:x' RETURNING updated_at > created_at AS moved`,
    );
    expect(changed).toMatchObject({ affected: 2, rows: [{ moved: true }, { moved: true }] });
    const { rows: seeded } = await store.sql.query<{ id: string }>('SELECT id FROM positions LIMIT 1');
    const decide = () =>
      stateOf(
        store.sql.query(
          `INSERT INTO decisions (position_id, bar_ts, side, decision_type) VALUES ($1, $2, 'buy', 'entry')`,
          [seeded[0]!.id, instant(0)],
        ),
      );
    expect([await decide(), await decide()], 'a bar is decided once').toEqual(['none', '23505']);
  });

  it('keeps the history of the configuration', async () => {
    await store.moduleConfigs.write('pm', { feature_flags: { trims: false } }, 'manual');
    await store.moduleConfigs.write('pm', { feature_flags: { trims: true } }, 'manual');
    expect(await store.moduleConfigs.read('pm')).toEqual({ feature_flags: { trims: true } });
    const { rows } = await store.sql.query(
      "SELECT operation, config_data FROM module_config_history WHERE module_id = 'pm' ORDER BY id",
    );
    expect(rows).toEqual([
      { operation: 'insert', config_data: {} },
      { operation: 'update', config_data: { feature_flags: { trims: false } } },
      { operation: 'update', config_data: { feature_flags: { trims: true } } },
    ]);
  });

  it('rolls a transaction back as a whole, and keeps others out of it', async () => {
    const before = (await store.status()).rows.ignored_tokens ?? 0;
    const work = store.sql.transaction(async (sql) => {
      await sql.query("INSERT INTO ignored_tokens (term, rule) VALUES ('a', 'suppress')");
      await sql.query("INSERT INTO ignored_tokens (term, rule) VALUES ('b', 'no rule')");
    });
    const beside = store.sql.query("INSERT INTO ignored_tokens (term, rule) VALUES ('c', 'suppress')");
    expect(await stateOf(work)).toBe('23514');
    await beside;
    expect((await store.status()).rows.ignored_tokens).toBe(before + 1);
  });

  it('gives a lease to one at a time', async () => {
    expect(await store.leases.hold('scheduler', 'a', 1)).toBe(true);
    expect(await store.leases.hold('scheduler', 'b', 2)).toBe(false);
    expect(await store.leases.hold('scheduler', 'a', 1)).toBe(true);
    await store.sql.query("UPDATE leases SET expires_at = now() - interval '1 s' WHERE name = 'scheduler'");
    expect(await store.leases.hold('scheduler', 'b', 2)).toBe(true);
    await store.leases.release('scheduler', 'a');
    expect(await store.leases.hold('scheduler', 'c', 3)).toBe(false);
    await store.leases.release('scheduler', 'b');
  });

  it('keeps one open alert of a name, and the cleared ones as history', async () => {
    const alert = (severity: 'warning' | 'critical', name = 'stale:BTC') => ({
      name,
      kind: 'stale',
      severity,
      message: severity,
      details: { age_ms: 5 },
    });
    const { alerts } = store;
    expect(await alerts.raise(alert('warning'), 1_000)).toBe('fired');
    expect(await alerts.raise(alert('warning'), 2_000)).toBe('known');
    expect(await alerts.raise(alert('critical'), 3_000)).toBe('graver');
    expect(await alerts.raise(alert('warning', 'other'), 4_000)).toBe('fired');
    expect(await alerts.clear('stale:BTC', 5_000)).toMatchObject({ severity: 'critical', fired_at: 1_000 });
    expect(await alerts.clear('stale:BTC', 6_000)).toBeUndefined();
    expect(await alerts.raise(alert('warning'), 7_000)).toBe('fired');
    expect((await alerts.list({ open: true, limit: 10 })).map(({ name }) => name)).toEqual([
      'stale:BTC',
      'other',
    ]);
    const all = await alerts.list({ open: false, limit: 10 });
    expect(all.at(-1)).toMatchObject({ cleared_at: 5_000, details: { age_ms: 5 } });
    expect(await alerts.prune(5_001)).toBe(1);
    expect(await alerts.list({ open: false, limit: 10 })).toHaveLength(2);
  });

  it('keeps the newest report of a bootstrap', async () => {
    const id = randomUUID();
    const report = { id, started_at: 1_000, finished_at: null, status: 'running', steps: [] } as const;
    await store.bootstrapRuns.save(report);
    expect(await store.bootstrapRuns.newest()).toEqual(report);
    const ended = { ...report, finished_at: 2_000, status: 'partial', steps: [{ step: 'config' }] } as const;
    await store.bootstrapRuns.save(ended);
    expect(await store.bootstrapRuns.newest()).toEqual(ended);
  });

  describe('migrations', () => {
    const extra = (version: string, sql: string) => ({ version, sql, checksum: version + sql });
    // what changes the schema is the user of the address, not the role of the services
    const owned = async (): Promise<Store['sql']> =>
      place.engine === 'pglite' ? store.sql : PostgresDriver.open(place.url);

    it('are applied once, in one transaction each; a failing one leaves nothing and is tried again', async () => {
      const sql = await owned();
      const ours = readMigrations();
      expect(await migrate(sql)).toEqual([]);
      const broken = extra('0016_next', 'CREATE TABLE next_table (id int); SELECT 1 / 0;');
      await expect(migrate(sql, { migrations: [...ours, broken] })).rejects.toMatchObject({
        code: 'migration_failed',
        details: { version: '0016_next' },
      });
      expect(await columnsOf(sql)).not.toHaveProperty('next_table');
      const fixed = [
        extra('0016_next', 'CREATE TABLE next_table (id int);'),
        extra('0017_last', 'SELECT 1;'),
      ];
      expect(await migrate(sql, { migrations: [...ours, ...fixed], to: '0016' })).toEqual(['0016_next']);
      expect(await migrate(sql, { migrations: [...ours, ...fixed] })).toEqual(['0017_last']);
      await expect(migrate(sql), 'an older build').rejects.toMatchObject({ code: 'schema_mismatch' });
      const changed = ours.map((each, index) => (index === 3 ? { ...each, checksum: 'other' } : each));
      await expect(migrate(sql, { migrations: changed })).rejects.toMatchObject({ code: 'schema_mismatch' });
      await sql.script("DROP TABLE next_table; DELETE FROM schema_migrations WHERE version > '0015_alerts'");
      if (sql !== store.sql) await sql.close();
    });
  });

  describe('jobs', () => {
    let queue: DurableJobQueue;
    const failures: unknown[] = [];
    /** What each job of kind `step` is told to do; it waits for its key to be let go. */
    const gates = new Map<string, () => void>();
    const ran: { key: string; attempt: number }[] = [];
    const step: JobKind<{ outcome: 'return' | 'refuse' | 'crash' }> = {
      name: 'step',
      input: z.strictObject({ outcome: z.enum(['return', 'refuse', 'crash']) }),
      lane: 'cpu',
      timeoutMs: 60_000,
      async run({ outcome }, context) {
        ran.push({ key: context.key, attempt: context.attempt });
        if (context.key.startsWith('gated')) await gate(context);
        if (outcome === 'refuse')
          throw new TidewatchError('too_few_rows', 'not enough', { hint: 'import more' });
        if (outcome === 'crash') throw new Error('a bug');
        return { key: context.key, nothing: null };
      },
    };
    const gate = ({ key, signal, report }: JobContext): Promise<void> =>
      new Promise((resolve, reject) => {
        gates.set(key, resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        report(0.25);
      });
    const open = () =>
      DurableJobQueue.open({
        store,
        kinds: [step],
        clock: systemClock,
        onFailure: (error) => failures.push(error),
      });
    const running = async (key: string): Promise<void> => {
      await expect.poll(() => gates.has(key), { timeout: 10_000 }).toBe(true);
    };

    beforeAll(async () => {
      queue = await open();
    });
    afterAll(() => queue.close());

    it('run to their end and tell how far they are', async () => {
      const events: JobEvent[] = [];
      const unlisten = queue.onProgress((event) => events.push(event));
      const job = await queue.start('step', 'plain', { outcome: 'return' });
      expect(job).toMatchObject({ kind: 'step', key: 'plain', status: 'queued', progress: 0, attempt: 0 });
      expect(await queue.finished(job.id)).toMatchObject({
        status: 'completed',
        progress: 1,
        attempt: 1,
        result: { key: 'plain', nothing: null },
        error: null,
      });
      unlisten();
      expect(events.map(({ status }) => status)).toEqual(['queued', 'running', 'completed']);
      expect(events.at(-1)).toEqual({
        id: job.id,
        kind: 'step',
        key: 'plain',
        status: 'completed',
        progress: 1,
        updated_at: expect.any(Number),
      });
    });

    it('are refused with the reason when the input does not fit or nothing fits the id', async () => {
      await expect(queue.start('step', 'x', { outcome: 'fly' })).rejects.toMatchObject({
        code: 'bad_parameter',
      });
      await expect(queue.start('walk', 'x', {})).rejects.toMatchObject({ code: 'bad_parameter' });
      await expect(queue.find('6b1f6a7e-8f0e-4a8e-9a3a-0d8f6b7c1a2b')).rejects.toMatchObject({
        code: 'unknown_job',
      });
    });

    it('run once per key; those that need the processor one after the other', async () => {
      const first = await queue.start('step', 'gated-1', { outcome: 'return' });
      await expect(queue.start('step', 'gated-1', { outcome: 'return' })).rejects.toMatchObject({
        code: 'job_running',
        details: { job_id: first.id },
      });
      const second = await queue.start('step', 'gated-2', { outcome: 'return' });
      await running('gated-1');
      expect(await queue.find(first.id)).toMatchObject({ status: 'running', progress: 0.25 });
      expect((await queue.find(second.id)).status).toBe('queued');
      gates.get('gated-1')!();
      expect((await queue.finished(first.id)).status).toBe('completed');
      await running('gated-2');
      gates.get('gated-2')!();
      expect((await queue.finished(second.id)).status).toBe('completed');
      expect((await queue.list({ kind: 'step', limit: 2 })).map(({ key }) => key)).toEqual([
        'gated-2',
        'gated-1',
      ]);
      expect(await queue.list({ kind: 'step', status: 'running' })).toEqual([]);
    });

    it('end for good at a known failure, and can be queued again', async () => {
      const job = await queue.start('step', 'refused', { outcome: 'refuse' });
      expect(await queue.finished(job.id)).toMatchObject({
        status: 'failed',
        attempt: 1,
        error: { code: 'too_few_rows', message: 'not enough', hint: 'import more' },
      });
      await queue.retry(job.id);
      expect(await queue.finished(job.id)).toMatchObject({ status: 'failed', attempt: 2 });
    });

    it('are tried again later after an unexpected failure', async () => {
      failures.length = 0;
      const job = await queue.start('step', 'crashing', { outcome: 'crash' });
      await expect
        .poll(async () => (await queue.find(job.id)).error?.message, { timeout: 10_000 })
        .toBe('a bug');
      expect(await queue.find(job.id)).toMatchObject({ status: 'queued', attempt: 1 });
      expect(failures).toHaveLength(1);
      const { rows } = await store.sql.query<{ wait: number }>(
        'SELECT extract(epoch from start_after - created_on)::double precision AS wait FROM pgboss.job WHERE id = $1',
        [job.id],
      );
      expect(rows[0]!.wait).toBeCloseTo(5, 1);
      expect(await queue.cancel(job.id)).toMatchObject({ status: 'cancelled' });
    });

    it('stop when they are cancelled, queued or running', async () => {
      const busy = await queue.start('step', 'gated-3', { outcome: 'return' });
      await running('gated-3');
      const waiting = await queue.start('step', 'waiting', { outcome: 'return' });
      expect(await queue.cancel(waiting.id)).toMatchObject({ status: 'cancelled', attempt: 0 });
      await queue.cancel(busy.id);
      expect(await queue.finished(busy.id)).toMatchObject({ status: 'cancelled', error: null, result: null });
      expect(ran.filter(({ key }) => key === 'waiting')).toEqual([]);
      expect(await queue.cancel(busy.id), 'an ended job stays as it is').toMatchObject({
        status: 'cancelled',
      });
    });

    it('go on in the next process when theirs stops or is lost', async () => {
      const job = await queue.start('step', 'gated-4', { outcome: 'return' });
      await running('gated-4');
      gates.clear();
      // the worker is gone without a word: its lease runs out
      await store.sql.query(
        "UPDATE leases SET expires_at = now() - interval '1 s' WHERE name LIKE 'worker:%'",
      );
      const next = await open();
      await running('gated-4');
      expect(await next.find(job.id)).toMatchObject({ status: 'running', attempt: 2 });
      gates.get('gated-4')!();
      expect(await next.finished(job.id)).toMatchObject({ status: 'completed', attempt: 2 });
      await next.close();
      const { rows } = await store.sql.query('SELECT state FROM pgboss.job WHERE id = $1', [job.id]);
      expect(rows).toEqual([{ state: 'completed' }]);
    });
  });

  it('is backed up and restored, here and on the other engine, bit for bit', async () => {
    const path = join(engines.folder, `${engine}.ndjson.gz`);
    const price = '0.000000000000012345';
    await store.sql.query('UPDATE positions SET avg_entry_price = $1, entry_context = $2::jsonb', [
      price,
      JSON.stringify({ text: 'ü "quoted" \n', large: 12345678901234 }),
    ]);
    const rows = async (sql: Store['sql']) =>
      (
        await sql.query(
          `SELECT to_jsonb(p)::text AS row FROM positions p
           UNION ALL SELECT to_jsonb(j)::text FROM job_runs j
           UNION ALL SELECT to_jsonb(h)::text FROM module_config_history h ORDER BY 1`,
        )
      ).rows;
    const before = await rows(store.sql);
    const written = await writeBackup(store.sql, path, { head: HEAD, createdAt: 5 });
    expect(await verifyBackup(path)).toEqual({ ...written, head: HEAD, createdAt: 5 });

    const other = await Store.open(await engines.place(engine === 'pglite' ? 'postgres' : 'pglite'));
    const { place: otherPlace } = other;
    const into = otherPlace.engine === 'postgres' ? await PostgresDriver.open(otherPlace.url) : other.sql;
    await restoreBackup(into, path, HEAD);
    expect(await rows(into)).toEqual(before);
    await other.moduleConfigs.write('pm', {}, 'system');
    const { rows: newest } = await other.sql.query<{ n: number; last: number }>(
      'SELECT count(*) AS n, max(id) AS last FROM module_config_history',
    );
    expect(newest[0]!.last, 'numbering goes on after the restored rows').toBeGreaterThanOrEqual(newest[0]!.n);

    const bytes = readFileSync(path);
    for (const [name, damaged] of [
      ['cut off', bytes.subarray(0, bytes.length - 40)],
      ['a flipped bit', bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 4 : byte))],
      ['no backup', Buffer.from('hello')],
    ] as const) {
      writeFileSync(`${path}.bad`, damaged);
      await expect(restoreBackup(into, `${path}.bad`, HEAD), name).rejects.toMatchObject({
        code: 'corrupt_backup',
      });
    }
    await expect(restoreBackup(into, path, '0013_x')).rejects.toMatchObject({ code: 'schema_mismatch' });
    expect((await rows(into)).length, 'what could not be restored changed nothing').toBe(before.length + 1);
    if (into !== other.sql) await into.close();
    await other.close();
  });
});

/** Everything that a schema promises, as text: one line per column, rule, index, view, trigger and policy. */
async function definitionsOf({ sql }: Store): Promise<string[]> {
  const { rows } = await sql.query<{ line: string }>(`
    SELECT line FROM (
      SELECT format('column %s.%s %s null=%s default=%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                    NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) AS line
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
      UNION ALL
      SELECT format('rule %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
      UNION ALL
      SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
      UNION ALL
      SELECT format('view %s %s', viewname, definition) FROM pg_views WHERE schemaname = 'public'
      UNION ALL
      SELECT format('trigger %s', pg_get_triggerdef(t.oid))
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
      UNION ALL
      SELECT format('policy %s %s %s %s %s %s', tablename, policyname, roles, cmd, qual, with_check)
        FROM pg_policies WHERE schemaname = 'public'
      UNION ALL
      SELECT format('protected %s %s %s', relname, relrowsecurity, relforcerowsecurity)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    ) AS lines ORDER BY line`);
  return rows.map(({ line }) => line);
}

describe('the schema', () => {
  it('is the same on both, to the last default, rule, index, view, trigger and policy', async () => {
    const [embedded, server] = await Promise.all(
      (['pglite', 'postgres'] as const).map(async (engine) => {
        const store = await Store.open(await engines.place(engine));
        try {
          return await definitionsOf(store);
        } finally {
          await store.close();
        }
      }),
    );
    const kinds = new Set(embedded!.map((line) => line.slice(0, line.indexOf(' '))));
    expect([...kinds].sort()).toEqual(['column', 'index', 'policy', 'protected', 'rule', 'trigger', 'view']);
    expect(embedded).toEqual(server);
  });
});

describe('on a server only', () => {
  let url: string;
  let store: Store;
  const as = async <T>(role: string, work: (client: pg.Client) => Promise<T>, settings = ''): Promise<T> => {
    const client = new pg.Client({ connectionString: url, options: `-c role=${role} ${settings}` });
    await client.connect();
    return work(client).finally(() => client.end());
  };
  const denied = (role: string, text: string) =>
    as(role, (client) => client.query(text).then(() => 'allowed', sqlState));

  beforeAll(async () => {
    const place = await engines.place('postgres');
    if (place.engine !== 'postgres') throw new Error('not a server');
    url = place.url;
    store = await Store.open(place);
    await store.sql.query(
      `INSERT INTO wallet_balances (venue, chain, wallet_label, wallet_address, stable_usd)
       VALUES ('paper', 'solana', 'main', 'secret address', 5)`,
    );
    await store.sql.query(
      `INSERT INTO positions (instrument_id, token_chain, token_contract, timeframe, book_id)
       VALUES ('hyperliquid:main:HYPE', 'hyperliquid', 'HYPE', '1h', 'perps')`,
    );
    await store.sql.query(
      `INSERT INTO position_features (position_id, key, data) SELECT id, 'ta', '{}' FROM positions`,
    );
    await store.sql.query("INSERT INTO strands (id, module, kind) VALUES ('s1', 'pm', 'pm_action')");
  });
  afterAll(() => store.close());

  it('services may not change what is only appended to', async () => {
    expect(await denied('app_rw', "UPDATE fills SET venue = 'x'")).toBe('42501');
    expect(await denied('app_rw', 'DELETE FROM trajectories')).toBe('42501');
    expect(await denied('app_rw', "UPDATE strands SET kind = 'decision'")).toBe('42501');
    expect(await denied('app_rw', 'DELETE FROM strands')).toBe('42501');
    expect(await denied('app_rw', 'DELETE FROM schema_migrations')).toBe('42501');
    expect(await denied('app_rw', 'DROP TABLE leases')).toBe('42501');
    expect(await denied('app_rw', 'UPDATE strands SET processed_at = now()')).toBe('allowed');
  });

  it('readers see no address, no configuration history, no failure text, and change nothing', async () => {
    expect(await denied('app_ro', 'SELECT wallet_address FROM wallet_balances')).toBe('42501');
    expect(await denied('app_ro', 'SELECT * FROM module_config_history')).toBe('42501');
    expect(await denied('app_ro', 'SELECT error FROM job_runs')).toBe('42501');
    expect(await denied('app_ro', 'SELECT status, stats FROM job_runs')).toBe('allowed');
    expect(await denied('app_ro', "INSERT INTO ignored_tokens (term, rule) VALUES ('x', 'suppress')")).toBe(
      '42501',
    );
    const overview = await as('app_ro', (client) => client.query('SELECT * FROM wallet_balance_overview'));
    expect(overview.rows).toMatchObject([{ venue: 'paper', stable_usd: '5.00000000' }]);
    expect(overview.rows[0]).not.toHaveProperty('wallet_address');
    const strands = await as('app_ro', (client) => client.query('SELECT id FROM pm_action_strands'));
    expect(strands.rows).toEqual([{ id: 's1' }]);
  });

  it('readers see the books they are given', async () => {
    const counted = (settings: string) =>
      as(
        'app_ro',
        async (client) => {
          const count = async (table: string) => {
            const { rows } = await client.query(`SELECT count(*)::int AS n FROM ${table}`);
            return rows[0].n as number;
          };
          return [await count('positions'), await count('position_features'), await count('module_configs')];
        },
        settings,
      );
    expect(await counted('')).toEqual([25, 25, 4]);
    expect(await counted('-c app.book_ids=perps')).toEqual([1, 1, 4]);
    expect(await counted('-c app.book_ids=perps,onchain_crypto')).toEqual([25, 25, 4]);
    expect(await counted('-c app.book_ids=stock_perps')).toEqual([0, 0, 4]);
  });

  it('every table is protected', async () => {
    const { rows } = await store.sql.query(
      `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`,
    );
    expect(rows).toEqual([]);
  });

  it('two processes that migrate at the same moment make one schema', async () => {
    const place = await engines.place('postgres');
    const stores = await Promise.all([Store.open(place), Store.open(place), Store.open(place)]);
    expect((await stores[0]!.status()).rows).toMatchObject({ schema_migrations: 15, positions: 24 });
    await Promise.all(stores.map((each) => each.close()));
  });

  it('workers share the jobs, each of which runs once', async () => {
    const place = await engines.place('postgres');
    const ran: string[] = [];
    const kind: JobKind<null> = {
      name: 'shared',
      input: z.null(),
      lane: 'io',
      timeoutMs: 60_000,
      async run(_input, { key }) {
        ran.push(key);
        return null;
      },
    };
    const workers = await Promise.all(
      [1, 2, 3].map(async () => {
        const own = await Store.open(place);
        const onFailure = (error: unknown) => expect.unreachable(String(error));
        return {
          own,
          queue: await DurableJobQueue.open({ store: own, kinds: [kind], clock: systemClock, onFailure }),
        };
      }),
    );
    const { queue } = workers[0]!;
    const jobs = await Promise.all(
      Array.from({ length: 60 }, (_, at) => queue.start('shared', `job-${at}`, null)),
    );
    const ended = await Promise.all(jobs.map(({ id }) => queue.finished(id)));
    expect(ended.every((job) => isEnded(job) && job.status === 'completed' && job.attempt === 1)).toBe(true);
    expect(ran.length).toBe(60);
    expect(new Set(ran).size).toBe(60);
    for (const worker of workers) {
      await worker.queue.close();
      await worker.own.close();
    }
  });

  it('is not restored while another process works with it', async () => {
    const place = await engines.place('postgres');
    const path = join(engines.folder, 'in-use.ndjson.gz');
    const own = await Store.open(place);
    await writeBackup(own.sql, path, { head: HEAD, createdAt: 1 });
    await expect(restoreStore(place, path, 2)).rejects.toMatchObject({ code: 'home_in_use' });
    await own.close();
    await expect.poll(() => restoreStore(place, path, 2).then(({ rows }) => rows)).toBeGreaterThan(24);
    await expect(verifyBackup(engines.folder)).rejects.toMatchObject({ code: 'unreadable_file' });
  });

  it('a server that is not there is named without its password', async () => {
    await expect(
      Store.open({ engine: 'postgres', url: 'postgresql://user:hidden@127.0.0.1:1/none' }),
    ).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.not.stringContaining('hidden'),
    });
  });
});
