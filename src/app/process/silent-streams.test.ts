import { expect, it } from 'vitest';
import { silentStreams } from './silent-streams.js';

const aged = (minutes: number) => [
  { name: 'stream_data_age', light: 'green' as const, value: minutes * 60_000, unit: 'ms' },
  { name: 'stream_bars_waiting', light: 'red' as const, value: 1e9, unit: 'ms' },
];

it('warns of a stream that is silent for two minutes, gravely after thirty, in the same words meanwhile', () => {
  expect([[], aged(0), aged(2)].map(silentStreams)).toEqual([undefined, undefined, undefined]);
  expect(silentStreams(aged(2.1))).toMatchObject({ severity: 'warning' });
  expect(silentStreams(aged(29))).toEqual(silentStreams(aged(3)));
  expect(silentStreams(aged(31))).toMatchObject({ severity: 'critical' });
});
