/** The training form's values, what is wrong with them, and the request they make. Pure. */

export interface TrainForm {
  readonly model: string;
  readonly profile: 'scaled' | 'legacy';
  readonly states: string;
  readonly auto: boolean;
  readonly least: string;
  readonly most: string;
  readonly covariance: string;
  readonly from: string;
  readonly to: string;
  readonly restarts: string;
  readonly seed: string;
}

export const FIRST_FORM: TrainForm = {
  model: 'hmm',
  profile: 'scaled',
  states: '3',
  auto: false,
  least: '2',
  most: '4',
  covariance: '',
  from: '',
  to: '',
  restarts: '',
  seed: '',
};

export type TrainErrors = Partial<Record<keyof TrainForm, string>>;

/** Families that take a form of covariance. */
export const WITH_COVARIANCE: ReadonlySet<string> = new Set(['hmm', 'student-t']);
/** Families whose number of states the data decide. */
export const WITHOUT_STATES: ReadonlySet<string> = new Set(['bocpd', 'pelt', 'uptrend', 'posture']);

const MOST_STATES = 12;

function whole(text: string): number | undefined {
  return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}

function inRange(text: string, low: number, high: number): boolean {
  const value = whole(text);
  return value !== undefined && value >= low && value <= high;
}

/** What is wrong, by field, in a sentence that says what would be right. */
export function checkForm(form: TrainForm): TrainErrors {
  const errors: TrainErrors = {};
  const states = `A whole number from 1 to ${MOST_STATES}.`;
  if (form.auto) {
    if (!inRange(form.least, 1, MOST_STATES)) errors.least = states;
    if (!inRange(form.most, 1, MOST_STATES)) errors.most = states;
    else if (!errors.least && Number(form.least) > Number(form.most)) errors.most = 'Not below the smallest.';
  } else if (!WITHOUT_STATES.has(form.model) && !inRange(form.states, 1, MOST_STATES)) errors.states = states;
  if (form.restarts !== '' && !inRange(form.restarts, 1, 1000)) errors.restarts = 'From 1 to 1000, or empty.';
  if (form.seed !== '' && !inRange(form.seed, 0, 4_294_967_295)) errors.seed = 'A whole number, or empty.';
  if (form.from !== '' && form.to !== '' && form.from >= form.to) errors.to = 'After the start.';
  return errors;
}

/** @param form without errors */
export function trainRequest(
  form: TrainForm,
  symbol: string,
  timeframe: string,
): Readonly<Record<string, unknown>> {
  const withStates = !WITHOUT_STATES.has(form.model);
  return {
    symbol,
    timeframe,
    model: form.model,
    profile: form.auto ? 'scaled_autok' : form.profile,
    ...(form.auto
      ? { auto_k: true, k_min: Number(form.least), k_max: Number(form.most) }
      : withStates
        ? { n_states: Number(form.states) }
        : {}),
    ...(form.covariance !== '' && WITH_COVARIANCE.has(form.model) ? { covariance: form.covariance } : {}),
    ...(form.from === '' ? {} : { start_date: form.from }),
    ...(form.to === '' ? {} : { end_date: form.to }),
    ...(form.restarts === '' ? {} : { restarts: Number(form.restarts) }),
    ...(form.seed === '' ? {} : { seed: Number(form.seed) }),
  };
}
