import { afterAll, describe, expect, it } from 'vitest';
import { UptrendEngine } from '../../../src/analysis/uptrend/engine.js';
import type { UptrendPayload } from '../../../src/analysis/uptrend/payload.js';
import { uptrendConfig } from '../../../src/analysis/uptrend/profile.js';
import { Deviation, goldenCsv, goldenText, hasGoldenFile } from '../golden-files.js';
import { flattened } from './flatten-payload.js';
import { type GoldenCase, goldenCases, goldenSeries } from './golden-series.js';

interface Stepped {
  readonly payload: UptrendPayload;
  readonly s3StartTs: number | null;
  readonly geometryBar: number;
}

const replayed = new Map<GoldenCase, Map<number, Stepped>>();

/** The replay of the case at hand, kept for its next test. */
function replay(one: GoldenCase): Map<number, Stepped> {
  const known = replayed.get(one);
  if (known) return known;
  replayed.clear();
  replayed.set(one, stepThrough(one, false));
  return replayed.get(one)!;
}

/** The engine bar by bar over a golden series; the flag of the first dip is judged by a second run with it on. */
function stepThrough(
  { base, timeframe, profile, window }: GoldenCase,
  firstDipBuy: boolean,
): Map<number, Stepped> {
  const config = uptrendConfig(profile, { window, firstDipBuy });
  const engine = new UptrendEngine({ instrument: 'golden:spot:ANY', timeframe, config });
  const { time, high, low, close, volume, length } = goldenSeries(base);
  const steps = new Map<number, Stepped>();
  for (let row = 0; row < length; row++) {
    const payload = engine.step({
      time: time[row]!,
      high: high[row]!,
      low: low[row]!,
      close: close[row]!,
      volume: volume[row]!,
    });
    if (payload) {
      steps.set(row, {
        payload,
        s3StartTs: engine.meta.s3_start_ts,
        geometryBar: engine.levels.rebuiltAt,
      });
    }
  }
  return steps;
}

const FLAGS = [
  'buy_signal',
  'buy_flag',
  'trim_flag',
  'exit_position',
  'emergency_exit',
  'reclaimed_ema333',
  'watch_only',
] as const;

const flagText = (flag: boolean | undefined): string => (flag === undefined ? '' : flag ? '1' : '0');

const cases = goldenCases();

describe.runIf(cases.length > 0)('golden uptrend engine', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const one of cases) {
    const title = `${one.name}, ${one.profile}`;
    it(`${title}: every bar`, () => {
      const golden = goldenCsv('uptrend', `${one.name}.engine.${one.profile}.csv`);
      const bars = golden.numbers('idx');
      const steps = replay(one);
      expect([...steps.keys()]).toEqual([...bars]);
      const text = Object.fromEntries(golden.names.map((name) => [name, golden.text(name)]));
      const scores = golden.names.slice(golden.names.indexOf('ox')).filter((name) => !EXACT.has(name));
      const mismatches: string[] = [];
      const deviation = new Deviation();
      bars.forEach((bar, row) => {
        const { payload, s3StartTs, geometryBar } = steps.get(bar)!;
        const exact = (name: string, mine: string): void => {
          if (text[name]![row] !== mine)
            mismatches.push(`${name} bar ${bar}: ${mine} for ${text[name]![row]}`);
        };
        exact(
          'timestamp',
          text.timestamp![row]!.length > 0 && Date.parse(text.timestamp![row]!) === payload.ts
            ? text.timestamp![row]!
            : String(payload.ts),
        );
        exact('state', payload.state);
        exact('prev_state', payload.prev_state);
        exact('exit_reason', payload.exit_reason ?? '');
        for (const flag of FLAGS) exact(flag, flagText(payload[flag]));
        const start = text.s3_start_ts![row]!;
        exact(
          's3_start_ts',
          s3StartTs === null ? '' : Date.parse(start) === s3StartTs ? start : String(s3StartTs),
        );
        exact('geo_bar', geometryBar < 0 ? '' : String(geometryBar));
        deviation.compare(`price bar ${bar}`, payload.price, Number(text.price![row]), 1e-11, 0);
        const mine = flattened(payload);
        for (const name of EXACT) exact(name, mine[name] === undefined ? '' : String(mine[name]));
        for (const name of scores) {
          const expected = text[name]![row] === '' ? Number.NaN : Number(text[name]![row]);
          const ill = one.profile === 'reference' && name === 'dx_threshold_final';
          deviation.compare(
            `${name} bar ${bar}`,
            Number(mine[name] ?? Number.NaN),
            expected,
            ill ? 1e-3 : PRICES.has(name) ? 1e-8 : 0,
            1e-7,
          );
        }
      });
      summaries.push(`${deviation.summary(title)}; ${bars.length} bars, ${mismatches.length} mismatches`);
      expect(mismatches.slice(0, 10)).toEqual([]);
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
    });

    if (hasGoldenFile('uptrend', `${one.name}.payloads.${one.profile}.jsonl`)) {
      it(`${title}: whole payloads`, () => {
        const lines = payloadLines(one);
        const steps = replay(one);
        const deviation = new Deviation();
        for (const { idx, payload, s3_start_ts } of lines) {
          const started = s3_start_ts === null ? null : Date.parse(s3_start_ts);
          expect(steps.get(idx)!.s3StartTs, `start of the episode at bar ${idx}`).toBe(started);
          compareTree(`bar ${idx}`, asDocument(steps.get(idx)!.payload), payload, deviation, one.profile);
        }
        expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
        summaries.push(deviation.summary(`${title} payloads (${lines.length})`));
      });
    }

    it(`${title}: the first dip, with the option on`, () => {
      const golden = goldenCsv('uptrend', `${one.name}.engine.${one.profile}.csv`);
      const expected = golden.text('first_dip');
      const steps = stepThrough(one, true);
      const wrong: number[] = [];
      golden.numbers('idx').forEach((bar, row) => {
        const { payload } = steps.get(bar)!;
        const checked = payload.diagnostics?.first_dip_buy_check !== undefined;
        if ((checked ? flagText(payload.first_dip_buy_flag) : '') !== expected[row]) wrong.push(bar);
      });
      expect(wrong).toEqual([]);
      if (!hasGoldenFile('uptrend', `${one.name}.payloads.${one.profile}.jsonl`)) return;
      const deviation = new Deviation();
      let checks = 0;
      for (const { idx, first_dip_check } of payloadLines(one)) {
        if (first_dip_check === null || first_dip_check === undefined) continue;
        const mine = steps.get(idx)!.payload.diagnostics?.first_dip_buy_check;
        compareTree(`bar ${idx} first dip`, mine, first_dip_check, deviation, one.profile);
        checks += 1;
      }
      expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
      summaries.push(deviation.summary(`${title} first dip (${checks} checks)`));
    });
  }
});

interface PayloadLine {
  readonly idx: number;
  readonly s3_start_ts: string | null;
  readonly first_dip_check?: Readonly<Record<string, unknown>> | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

function payloadLines({ name, profile }: GoldenCase): readonly PayloadLine[] {
  const text = goldenText('uptrend', `${name}.payloads.${profile}.jsonl`).trim();
  return text.split('\n').map((line) => JSON.parse(line) as PayloadLine);
}

const EXACT = new Set([
  'chk_entry_zone_ok',
  'chk_slope_ok',
  'chk_ts_ok',
  's3_discount_zone',
  'w1',
  'w2',
  'w3',
]);
const PRICES = new Set(['chk_halo']);

/** Our payload in the words of the golden documents. */
function asDocument(payload: UptrendPayload): Record<string, unknown> {
  const { diagnostics, ...rest } = payload;
  if (!diagnostics?.decay) return diagnostics === undefined ? rest : { ...rest, diagnostics };
  const { decay, ...others } = diagnostics;
  if ('error' in decay) return { ...rest, diagnostics: { ...decay, ...others } };
  const { windows, ...components } = decay;
  const named: Record<string, unknown> = {};
  windows.forEach((window, k) => {
    named[`window${k + 1}_bars`] = window?.bars ?? null;
    for (const part of ['slow', 'struct', 'part', 'comp'] as const)
      named[`w${k + 1}_${part}`] = window?.[part] ?? null;
  });
  return { ...rest, diagnostics: { ...components, ...named, ...others } };
}

/** Everything the golden document says must be in ours; ours may say more. */
function compareTree(
  where: string,
  mine: unknown,
  golden: unknown,
  deviation: Deviation,
  profile: string,
): void {
  if (typeof golden === 'number') {
    const ill = profile === 'reference' && where.endsWith('dx_threshold_final');
    const price = /price|ema\d|halo|atr$|ema_anchor|dist_/.test(where) && !where.includes('slope');
    deviation.compare(
      where,
      typeof mine === 'number' ? mine : Number.NaN,
      golden,
      ill ? 1e-3 : price ? 1e-8 : 0,
      1e-7,
    );
  } else if (golden !== null && typeof golden === 'object') {
    expect(mine, where).toBeTypeOf('object');
    for (const [key, value] of Object.entries(golden)) {
      compareTree(`${where} ${key}`, (mine as Record<string, unknown>)[key], value, deviation, profile);
    }
  } else expect(mine, where).toEqual(golden);
}
