/** What a run can be made again from. */
import { formatNumber } from '../../../src/app/report/number-format.js';
import type { RunAnswer } from '../../../src/app/server/api-types.js';
import { useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { Facts } from '../ui/facts.js';

export function ManifestCard({ run: { manifest, tables } }: { run: RunAnswer }) {
  const zone = useZone();
  const data = (manifest.data ?? {}) as Partial<Record<string, unknown>>;
  const facts: [string, React.ReactNode][] = [
    ['Run', <code key="r">{manifest.run_id}</code>],
    [
      'Bars',
      `${formatNumber(Number(data.rows))}, ${zone.date(Number(data.first_ts))} – ${zone.date(Number(data.last_ts))}`,
    ],
    ['Data hash', <code key="h">{String(data.hash ?? '—')}</code>],
    ['Model', <code key="m">{String(manifest.model_id ?? 'fits its own')}</code>],
    ['Seed', String(manifest.seed ?? '—')],
    ['Made', `${zone.time(manifest.created_at)}, v${manifest.version}`],
    [
      'Tables',
      tables.length === 0 ? (
        '—'
      ) : (
        <span key="t" className="table-links">
          {tables.map(({ name, href, bytes }) => (
            <a key={name} href={href} download={name}>
              {name} <span className="quiet">{formatNumber(bytes / 1000, 1)} KB</span>
            </a>
          ))}
        </span>
      ),
    ],
  ];
  return (
    <Card title="Manifest" scope="the same inputs give the same run">
      <Facts facts={facts} className="pairs" />
      <details>
        <summary>Configuration</summary>
        <pre>{JSON.stringify(manifest.config ?? {}, null, 1)}</pre>
      </details>
    </Card>
  );
}
