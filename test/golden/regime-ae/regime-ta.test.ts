import { afterAll, describe, expect, it } from 'vitest';
import type { RegimeTimeframe } from '../../../src/analysis/drivers/driver.js';
import { driverTa, minimumDriverBars } from '../../../src/analysis/drivers/driver-ta.js';
import { UptrendTa } from '../../../src/analysis/uptrend/ta.js';
import { TIMEFRAME_MS } from '../../../src/market/timeframe.js';
import { Deviation } from '../golden-files.js';
import { caseGroups } from './regime-cases.js';

interface TaInput {
  readonly driver: string;
  readonly timeframe: RegimeTimeframe;
  /** Open, high, low, close, volume. */
  readonly bars: readonly (readonly number[])[];
}

const groups = caseGroups((_, file) => file === 'regime-ta.jsonl');

describe.runIf(groups.length > 0)('golden technical records of drivers', () => {
  const summaries: string[] = [];
  afterAll(() => {
    console.info(summaries.join('\n'));
  });

  for (const { file, cases } of groups) {
    for (const { id, input, expected } of cases) {
      const { driver, timeframe, bars } = input as unknown as TaInput;
      it(`${file}: ${id}, ${driver} ${timeframe}, ${bars.length} bars`, () => {
        const technical = new UptrendTa(timeframe, { minimumBars: minimumDriverBars(timeframe) });
        for (const [, high, low, close, volume] of bars) {
          technical.next({ high: high!, low: low!, close: close!, volume: volume! });
        }
        const barTs = (bars.length - 1) * TIMEFRAME_MS[timeframe];
        const record = driverTa(technical, bars.length, barTs, bars.at(-1)![3], false)!;
        const fields: Record<string, unknown> = { ...record, ...record.meta };
        const suffix = `_${timeframe}`;
        const deviation = new Deviation();
        const compare = (tree: Readonly<Record<string, unknown>>): void => {
          for (const [key, value] of Object.entries(tree)) {
            if (value !== null && typeof value === 'object') compare(value as Record<string, unknown>);
            else if (typeof value === 'number') {
              const name = key.endsWith(suffix) ? key.slice(0, -suffix.length) : key;
              const isDifference = /slope|sep/.test(name);
              deviation.compare(
                `${id} ${name}`,
                Number(fields[name] ?? Number.NaN),
                value,
                1e-8,
                isDifference ? 1e-11 : 0,
              );
            } else expect(value, `${id} ${key}: the timeframe of the record`).toBe(record.meta.timeframe);
          }
        };
        compare(expected as Record<string, unknown>);
        expect(deviation.compared).toBeGreaterThan(30);
        expect(deviation.worst, deviation.where).toBeLessThanOrEqual(1);
        summaries.push(deviation.summary(`${id} ${driver} ${timeframe}`));
      });
    }
  }
});
