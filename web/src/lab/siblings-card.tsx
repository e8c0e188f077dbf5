/** The saved models of the same series beside each other, by what their trainings said. */
import { formatNumber } from '../../../src/app/report/number-format.js';
import type { ModelDetail } from '../../../src/app/server/api-types.js';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { getModel } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { Answered } from '../ui/answered.js';
import { Card } from '../ui/card.js';
import { Table } from '../ui/table.js';
import { familyName, type ModelSummary, numberIn, shortModelName } from './lab-model.js';

interface SiblingsCardProps {
  readonly models: readonly ModelSummary[];
  readonly chosen: string;
}

const MOST = 4;

function lowestBic(details: readonly ModelDetail[]): string | undefined {
  const known = details.filter(({ diagnostics }) => numberIn(diagnostics, 'bic') !== undefined);
  return known.sort((a, b) => numberIn(a.diagnostics, 'bic')! - numberIn(b.diagnostics, 'bic')!)[0]?.id;
}

function highestTest(details: readonly ModelDetail[]): string | undefined {
  const known = details.filter(
    ({ diagnostics }) => numberIn(diagnostics, 'loglik_per_row_val') !== undefined,
  );
  const value = (each: ModelDetail): number => numberIn(each.diagnostics, 'loglik_per_row_val')!;
  return known.sort((a, b) => value(b) - value(a))[0]?.id;
}

export function SiblingsCard({ models, chosen }: SiblingsCardProps) {
  const address = useAddress();
  const shown = [...models].sort((a, b) => Number(b.id === chosen) - Number(a.id === chosen)).slice(0, MOST);
  const answer = useAnswer(`siblings ${shown.map(({ id }) => id).join()}`, (signal) =>
    Promise.all(shown.map(({ id }) => getModel(id, signal))),
  );
  const details = [...(answer.data ?? [])].sort((a, b) => a.n_states - b.n_states || a.ts - b.ts);
  const bestTest = details.length > 1 ? highestTest([...details]) : undefined;
  const bestBic = details.length > 1 ? lowestBic([...details]) : undefined;
  return (
    <Card
      title="Model comparison"
      scope="LL per row"
      aside={
        <Link href={pageHref('/models', {}, address)} className="small-link">
          All {models.length}
        </Link>
      }
      footnote={
        details.length > 1
          ? 'One split each: a walk-forward run tells more before choosing.'
          : 'Train with other numbers of states to compare.'
      }
    >
      <Answered answer={answer} holds="The table of before stays on screen.">
        {() => (
          <Table
            columns={[
              {
                head: 'K',
                cell: (each) => (
                  <>
                    {each.n_states}
                    <span className="quiet">
                      {each.id === chosen ? ' shown' : ''}
                      {each.id === bestTest ? ' best test' : ''}
                      {each.id === bestBic ? ' best BIC' : ''}
                    </span>
                  </>
                ),
              },
              {
                head: 'Model',
                kind: 'word',
                cell: (each) =>
                  each.id === chosen ? (
                    familyName(each)
                  ) : (
                    <button
                      type="button"
                      className="link"
                      title={`Show ${shortModelName(each)}`}
                      onClick={() => changeAddress({ model: each.id })}
                    >
                      {familyName(each)}
                    </button>
                  ),
              },
              {
                head: 'LL train',
                cell: ({ diagnostics }) => formatNumber(numberIn(diagnostics, 'loglik_per_row_train'), 2),
              },
              {
                head: 'LL test',
                cell: ({ diagnostics }) => formatNumber(numberIn(diagnostics, 'loglik_per_row_val'), 2),
              },
              { head: 'BIC', cell: ({ diagnostics }) => formatNumber(numberIn(diagnostics, 'bic')) },
            ]}
            rows={details}
            keyOf={({ id }) => id}
            isCurrent={({ id }) => id === chosen}
          />
        )}
      </Answered>
    </Card>
  );
}
