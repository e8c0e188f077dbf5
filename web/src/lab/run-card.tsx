/** What was trained, on what, and how well it fits what it had not seen. */
import { formatCount, formatNumber } from '../../../src/app/report/number-format.js';
import type { ModelDetail } from '../../../src/app/server/api-types.js';
import { useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Facts } from '../ui/facts.js';
import { familyName, numberIn, shortModelName, textIn } from './lab-model.js';

/** A fall of the log-likelihood per row outside the training window that deserves a warning. */
const NOTABLE_DROP = 0.25;

export function RunCard({ detail }: { detail: ModelDetail }) {
  const zone = useZone();
  const { diagnostics, config } = detail;
  const train = numberIn(diagnostics, 'loglik_per_row_train');
  const test = numberIn(diagnostics, 'loglik_per_row_val');
  const features = (config as { features?: string[] }).features ?? [];
  const iterations = numberIn(diagnostics, 'iterations');
  const warnings = (
    (diagnostics as { warnings?: { code: string; message: string }[] }).warnings ?? []
  ).filter(({ message }) => message);
  const facts: [string, React.ReactNode][] = [
    ['Family', familyName(detail)],
    ['Profile', [detail.profile, textIn(config, 'covariance_type')].filter(Boolean).join(', ')],
    ['Features', <span key="f" title={features.join(', ')}>{`${features.length} · scaled on train`}</span>],
    ['Trained on', `${zone.date(detail.train_start)} – ${zone.date(detail.train_end)}`],
    [
      'Bars train / test',
      `${formatNumber(numberIn(diagnostics, 'n_train'))} / ${formatNumber(numberIn(diagnostics, 'n_val'))}`,
    ],
    ['Parameters', formatNumber(numberIn(diagnostics, 'n_params'))],
    ['LL per row, train', formatNumber(train, 2)],
    ['LL per row, test', formatNumber(test, 2)],
    ['BIC', formatNumber(numberIn(diagnostics, 'bic'))],
    [
      'Converged',
      (diagnostics as { converged?: boolean }).converged ? (
        `yes, ${formatCount(iterations ?? 0, 'iteration')}`
      ) : (
        <Badge key="c" tone="warn">
          no, stopped at {formatNumber(iterations)}
        </Badge>
      ),
    ],
    ['Test fit', <TestFit key="t" train={train} test={test} />],
    ['Model', <code key="m">{shortModelName(detail)}</code>],
  ];
  return (
    <Card title="Run" scope="training">
      <Facts facts={facts} />
      {warnings.length > 0 && (
        <ul className="warnings">
          {warnings.map(({ code, message }) => (
            <li key={code + message}>{message}</li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function TestFit({ train, test }: { train: number | undefined; test: number | undefined }) {
  if (train === undefined || test === undefined) return <>{'—'}</>;
  const drop = train - test;
  const words =
    drop > 0 ? `drops ${formatNumber(drop, 2)} per row` : `rises ${formatNumber(-drop, 2)} per row`;
  return <Badge tone={drop > NOTABLE_DROP ? 'warn' : 'plain'}>{words}</Badge>;
}
