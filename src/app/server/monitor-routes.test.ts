import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { storeTwoRuns } from '../monitor/two-runs.fixture.js';
import {
  monitorCompareAnswer,
  monitorDayAnswer,
  monitorRunAnswer,
  monitorRunsAnswer,
  monitorSeriesAnswer,
  monitorSignalAnswer,
} from './monitor-schemas.js';
import { type ServedHome, serveHome } from './served-home.fixture.js';

let home: ServedHome;
let reports: string;

beforeAll(async () => {
  home = await serveHome(0);
  reports = mkdtempSync(join(tmpdir(), 'monitor-reports-'));
  await storeTwoRuns(home.services, reports);
});

afterAll(async () => {
  await home.close();
  rmSync(reports, { recursive: true, force: true });
});

/** The body of an answer, held to its schema. */
async function ask<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.infer<Schema>> {
  const answer = await home.get(path);
  expect(answer.statusCode, answer.body).toBe(200);
  return schema.parse(answer.json());
}

describe('/api/monitor', () => {
  it('lists the runs and tells the figures of one, with intervals', async () => {
    const runs = await ask(monitorRunsAnswer, '/api/monitor/runs');
    expect(runs.map(({ name }) => name).sort()).toEqual(['beta', 'dollar']);
    const beta = runs.find(({ name }) => name === 'beta')!;
    const run = await ask(monitorRunAnswer, `/api/monitor/runs/${beta.run_id}`);
    expect(run.kpis.sharpe).toBeCloseTo(-1.5676601314, 6);
    expect(run.intervals.sharpe!.low!).toBeLessThan(run.kpis.sharpe!);
    expect(run.data).toMatchObject({ assets: 37, windows: 8 });
    expect(run.verdict.verdict).toBe('nothing to see here');
    expect(run.report).toBe(`/reports/${beta.run_id}.html`);
    const page = await home.get(run.report!);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).toContain(`run ${beta.run_id}`);
    expect((await home.get('/reports/majors_alts_none.html')).statusCode).toBe(404);
  });

  it('gives the columns of a range, contributions that add up to the score', async () => {
    const whole = await ask(monitorSeriesAnswer, '/api/monitor/runs/latest/series');
    expect(whole.timeline.ts).toHaveLength(767);
    expect(whole.daily.ts).toHaveLength(504);
    const { score, contributions } = whole.timeline;
    for (const row of [200, 500, 700]) {
      const sum = Object.values(contributions).reduce((total, values) => total + (values[row] ?? 0), 0);
      expect(sum).toBeCloseTo(score[row]!, 10);
    }
    const part = await ask(
      monitorSeriesAnswer,
      '/api/monitor/runs/latest/series?from=2025-01-01&to=2025-01-11',
    );
    expect(part.daily.ts).toEqual(
      whole.daily.ts.filter((ts) => ts >= Date.UTC(2025, 0, 1) && ts < Date.UTC(2025, 0, 11)),
    );
    expect(part.daily.numbers.pnl).toHaveLength(10);
  });

  it('tells the book of any day: neutral where it is held, nothing where it is flat', async () => {
    const { daily } = await ask(monitorSeriesAnswer, '/api/monitor/runs/latest/series');
    const held = daily.numbers.total_gross!.findIndex((gross) => gross! > 0);
    const day = await ask(monitorDayAnswer, `/api/monitor/runs/latest/day?at=${daily.ts[held]}`);
    expect(day.traded).toBe(true);
    expect(day.book.length).toBeGreaterThan(3);
    expect(day.book.reduce((sum, { weight }) => sum + Math.abs(weight), 0)).toBeCloseTo(
      day.numbers.total_gross!,
      10,
    );
    expect(day.target_day).toBe(day.ts);
    expect(day.book.some(({ beta_btc, weight }) => weight < 0 && beta_btc !== null)).toBe(true);
    const before = await ask(monitorDayAnswer, '/api/monitor/runs/latest/day?at=2024-02-01');
    expect(before).toMatchObject({ traded: false, book: [], equity: null });
  });

  it('lays runs side by side and says how likely the best is overfitted', async () => {
    const runs = await ask(monitorRunsAnswer, '/api/monitor/runs');
    const ids = runs.map(({ run_id }) => run_id).join(',');
    const { runs: compared, overfitting } = await ask(
      monitorCompareAnswer,
      `/api/monitor/compare?runs=${ids}`,
    );
    expect(compared).toHaveLength(2);
    expect(overfitting).toMatchObject({ variants: 2, days: 504 });
  });

  it('gives the last signal', async () => {
    const { signal } = await ask(monitorSignalAnswer, '/api/monitor/runs/latest/signal');
    expect(signal).toMatchObject({ asof_date: '2026-02-11' });
  });

  it('refuses runs of another kind, days outside, a single run to compare', async () => {
    expect((await home.get('/api/monitor/runs/nothing')).json()).toMatchObject({ code: 'unknown_run' });
    expect((await home.get('/api/monitor/runs/latest/day?at=2030-01-01')).json()).toMatchObject({
      code: 'no_data',
    });
    expect((await home.get('/api/monitor/compare?runs=latest')).statusCode).toBe(400);
  });
});
