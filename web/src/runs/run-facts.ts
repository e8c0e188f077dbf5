/** How runs are named for people. */
import type { RunsAnswer } from '../../../src/app/server/api-types.js';
import { instrumentName } from '../shell/instrument-name.js';

export type Manifest = RunsAnswer[number]['manifest'];

const KINDS: Readonly<Record<string, string>> = {
  regime: 'Regimes of a model',
  walk_forward: 'Walk-forward',
  comparison: 'Comparison',
};

export function kindName({ kind }: Manifest): string {
  return KINDS[kind] ?? kind;
}

/** `BTC/USDT 1h` */
export function seriesOf(manifest: Manifest): string {
  const data = manifest.data as { instrument_id?: string; timeframe?: string } | undefined;
  if (!data?.instrument_id) return '—';
  return `${instrumentName(data.instrument_id)} ${data.timeframe ?? ''}`.trim();
}
