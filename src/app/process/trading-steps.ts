/**
 * The checks of a start that are about money (operations spec §2, steps 3 and 12). Nothing trades in this version: the
 * balances say so rather than be left out, and the journal of executions is read all the same, for an order whose end
 * is not known must be seen by whoever starts on that database.
 */
import type { Services } from '../services.js';
import type { BootstrapStep, StepResult } from './bootstrap.js';

export interface SwitchesPanel {
  readonly mode: string;
  /** Orders reach a venue only where this is true. */
  readonly actions: boolean;
  readonly wallets: number;
}

type Parts = Pick<Services, 'operations'>;

export function tradingSteps(services: Parts, mode: string): readonly BootstrapStep[] {
  return [
    { number: 3, name: 'balances', limitMs: 60_000, run: () => balancesStep(services) },
    {
      number: 12,
      name: 'executor',
      fatal: true,
      limitMs: 60_000,
      run: () => executorStep(services, mode),
    },
  ];
}

async function balancesStep(services: Parts): Promise<StepResult> {
  const { rows } = await sqlOf(services).then((sql) =>
    sql.query<{ n: number; newest: number | null }>(
      'SELECT count(*) AS n, max(fetched_at) AS newest FROM wallet_balances',
    ),
  );
  const { n, newest } = rows[0]!;
  return {
    status: 'skipped',
    message: 'no wallet is configured · reading balances comes with trading',
    details: { wallets: 0, stored: n, newest_fetched_at: newest },
  };
}

/** A journal that cannot be read rejects, which is a failure that ends the process. */
async function executorStep(services: Parts, mode: string): Promise<StepResult> {
  const sql = await sqlOf(services);
  const { rows: open } = await sql.query<{ status: string; n: number }>(
    `SELECT status, count(*) AS n FROM execution_journal
      WHERE status IN ('planned', 'signed', 'submitted', 'unknown') GROUP BY status ORDER BY status`,
  );
  const count = open.reduce((sum, { n }) => sum + n, 0);
  const switches: SwitchesPanel = { mode, actions: false, wallets: 0 };
  const details = { switches, open: Object.fromEntries(open.map(({ status, n }) => [status, n])) };
  const told = `${mode}, actions off · the executor comes with trading`;
  if (count === 0) return { status: 'ok', message: `no execution is open · ${told}`, details };
  return { status: 'warn', message: `${count} executions are open and stay as they are · ${told}`, details };
}

/** The check of the store ends a start in which there is none. */
async function sqlOf({ operations }: Parts) {
  return (await operations.open()).here!.store.sql;
}
