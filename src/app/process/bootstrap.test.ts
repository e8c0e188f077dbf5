import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TidewatchError } from '../../errors.js';
import { systemClock } from '../../platform/system-clock.js';
import { Bootstrap, type BootstrapStep, type StepResult } from './bootstrap.js';

const never = new AbortController().signal;
const step = (
  number: number,
  result: StepResult['status'],
  more: Partial<BootstrapStep> = {},
): BootstrapStep => ({
  number,
  name: `step ${number}`,
  limitMs: 10_000,
  run: async () => ({ status: result, message: result }),
  ...more,
});
const statusOf = async (...steps: BootstrapStep[]) =>
  (await new Bootstrap(steps, { clock: systemClock, signal: never }).run()).status;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the report of a bootstrap', () => {
  it.each([
    ['ok', ['ok', 'skipped']],
    ['partial', ['ok', 'warn']],
    ['degraded', ['warn', 'fail', 'ok']],
  ] as const)('is %s for %o', async (expected, results) => {
    expect(await statusOf(...results.map((result, at) => step(at, result)))).toBe(expected);
  });

  it('is failed where nothing can be built upon, and what comes after is not tried', async () => {
    const tried: number[] = [];
    const noted = (number: number, more: Partial<BootstrapStep> = {}) =>
      step(number, 'ok', {
        run: async () => {
          tried.push(number);
          if (number === 1)
            throw new TidewatchError('store_unavailable', 'no database', { hint: 'start it' });
          return { status: 'ok', message: '' };
        },
        ...more,
      });
    const bootstrap = new Bootstrap([noted(3), noted(1, { fatal: true }), noted(0)], {
      clock: systemClock,
      signal: never,
    });
    const report = await bootstrap.run();
    expect(report.status).toBe('failed');
    expect(tried).toEqual([0, 1]);
    expect(report.steps[1]).toMatchObject({
      status: 'fail',
      message: 'no database · start it',
      details: { code: 'store_unavailable' },
    });
  });

  it('gives each step its time; late work may go on in the background', async () => {
    let aborted = false;
    const hanging = (number: number, whenLate: 'warn' | 'fail') =>
      step(number, 'ok', {
        whenLate,
        limitMs: 60_000,
        run: (signal) =>
          new Promise(() => {
            if (whenLate === 'fail') signal.addEventListener('abort', () => (aborted = true));
          }),
      });
    const bootstrap = new Bootstrap([hanging(5, 'warn'), hanging(6, 'fail')], {
      clock: systemClock,
      signal: never,
    });
    const run = bootstrap.run();
    await vi.advanceTimersByTimeAsync(120_000);
    const { status, steps } = await run;
    expect(status).toBe('degraded');
    expect(steps.map(({ status: each, message }) => [each, message])).toEqual([
      ['warn', 'took longer than 60 s · goes on in the background'],
      ['fail', 'took longer than 60 s'],
    ]);
    expect(aborted).toBe(true);
  });

  it('waits for a fatal check that is slow, and gives up one that hangs', async () => {
    const slow = step(0, 'ok', {
      fatal: true,
      run: () => new Promise((done) => setTimeout(() => done({ status: 'ok', message: 'there' }), 23_000)),
    });
    const hanging = step(1, 'ok', { fatal: true, run: () => new Promise(() => undefined) });
    const bootstrap = new Bootstrap([slow, hanging], { clock: systemClock, signal: never });
    const run = bootstrap.run();
    await vi.advanceTimersByTimeAsync(63_000);
    const { status, steps } = await run;
    expect(status).toBe('failed');
    expect(steps).toMatchObject([
      { status: 'warn', message: expect.stringMatching(/^there · took 2\d s, more than 10 s/) },
      {
        status: 'fail',
        message: 'the operational store did not answer within 40 s',
        details: { code: 'store_unavailable' },
      },
    ]);
  });

  it('leaves a step that does not listen when the process is told to stop', async () => {
    const stop = new AbortController();
    const bootstrap = new Bootstrap(
      [step(0, 'ok', { whenLate: 'warn', run: () => new Promise(() => undefined) }), step(1, 'ok')],
      { clock: systemClock, signal: stop.signal },
    );
    const run = bootstrap.run();
    stop.abort();
    expect(await run).toMatchObject({ status: 'running', steps: [{ step: 0, status: 'skipped' }] });
  });

  it('runs on until all of it is done, and recovers when what failed passes', async () => {
    let works = false;
    const bootstrap = new Bootstrap(
      [
        step(0, 'ok'),
        step(4, 'ok', { run: async () => ({ status: works ? 'ok' : 'fail', message: 'prices' }) }),
      ],
      { clock: systemClock, signal: never },
    );
    expect(await bootstrap.run(2)).toMatchObject({ status: 'running', finished_at: null });
    expect((await bootstrap.run()).status).toBe('degraded');
    works = true;
    expect(await bootstrap.recheck()).toMatchObject({ status: 'ok', steps: [{ step: 0 }, { step: 4 }] });
  });
});
