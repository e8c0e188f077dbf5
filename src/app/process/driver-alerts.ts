/**
 * Raises what is wrong with the drivers in the book of alerts (regime spec §16.4): a cell that is missing, late or stale,
 * a provider of dominance that stands still, too little live weight. The book tells of each once when it begins and once
 * when it is over; this part only says, once a minute, what holds now. One process of a database does it.
 *
 * What only runs of the pipeline can tell (a step that fails three times running, sources that differ) stays open after a
 * start until a run has said otherwise.
 *
 * A home in which no driver has a bar is new, not broken 24 times over: that is one alert.
 */
import type { AlertBook, AlertToRaise } from '../../platform/alerts/alert-book.js';
import type { AlertRow } from '../../platform/store/alerts.js';
import type { DriversHealth } from '../drivers/driver-answers.js';
import type { ProcessPart } from './part.js';

const LOOK_MS = 60_000;
const KINDS = ['driver', 'drivers_empty', 'static_provider', 'coverage', 'step_failing', 'sources_apart'];

export interface DriverAlertsParts {
  readonly health: () => Promise<DriversHealth>;
  /** Alerts that are open in the store, whoever raised them. */
  readonly open: () => Promise<readonly Pick<AlertRow, 'name' | 'kind'>[]>;
  readonly alerts: Pick<AlertBook, 'raise' | 'clear'>;
  /** Told when the drivers could not be looked at; the next look is a minute away. */
  readonly onFailure: (error: unknown) => void;
}

export class DriverAlerts implements ProcessPart {
  readonly name = 'driver alerts';
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private lookedAt: number | null = null;
  /** Names that are open; undefined until the store was asked, as after a start. */
  private raised: Set<string> | undefined;

  constructor(private readonly parts: DriverAlertsParts) {}

  async start(): Promise<void> {
    this.raised = undefined;
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    this.timer.unref();
    void this.look();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
  }

  status(): Readonly<Record<string, unknown>> {
    return { last_look: this.lookedAt, open: [...(this.raised ?? [])].sort() };
  }

  /** Raises and clears until the book says what is so now. Never rejects; looks queue up. */
  look(): Promise<void> {
    this.turn = this.turn.then(() => this.lookNow()).catch(this.parts.onFailure);
    return this.turn;
  }

  private async lookNow(): Promise<void> {
    const { health, open, alerts } = this.parts;
    const told = await health();
    const known =
      this.raised ??
      new Set((await open()).filter(({ kind }) => KINDS.includes(kind)).map(({ name }) => name));
    this.raised = known;
    const wrong = alertsOf(told);
    for (const name of [...known]) {
      if (wrong.some((alert) => alert.name === name) || isUndecided(name, told)) continue;
      await alerts.clear(name);
      known.delete(name);
    }
    for (const alert of wrong) {
      known.add(alert.name);
      await alerts.raise(alert);
    }
    this.lookedAt = told.as_of;
  }
}

/** Whether no run of this process has yet said that it is over. */
function isUndecided(name: string, { steps }: DriversHealth): boolean {
  const [kind, rest = ''] = name.split(':');
  const dot = rest.lastIndexOf('.');
  const [subject, timeframe] = [rest.slice(0, dot), rest.slice(dot + 1)];
  const own = steps.filter((step) => step.timeframe === timeframe);
  if (kind === 'sources_apart') return !own.some(({ step }) => step === 'collect');
  if (kind !== 'step_failing') return false;
  const step = own.find((each) => each.step === subject);
  return step === undefined || step.failed_in_a_row > 0;
}

/** What is to be open: `driver:BTC.1m`, `static_provider`, `coverage`, `step_failing:collect.1m`, `sources_apart:BTC.1m`, or `drivers_empty` alone. */
function alertsOf({ cells, alerts }: DriversHealth): readonly AlertToRaise[] {
  if (cells.every(({ bars }) => bars === 0)) {
    return [
      {
        name: 'drivers_empty',
        severity: 'warning',
        message: 'no driver has bars · fetch them with: tidewatch drivers backfill',
      },
    ];
  }
  return alerts.map(({ name, level, message }) => ({
    name: name.replace(/^(driver|step_failing|sources_apart)\./, '$1:'),
    severity: level,
    message,
  }));
}
