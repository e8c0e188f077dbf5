/**
 * Thirty-six ways of knowing the future that have been seen in real studies, each as a column. Every one must be found
 * (leak-corpus.test.ts). `causes` are the explanations that would set a reader on the right track.
 *
 * Long because it is a corpus: one entry per mistake.
 */
import { Random } from '../../market/random.js';
import { resample } from '../../market/resample.js';
import { lowerBound } from '../../market/series.js';
import { bucketOpen, TIMEFRAME_MS } from '../../market/timeframe.js';
import { breadthChannel } from '../features/breadth.js';
import type { FeatureInputs } from '../features/feature-inputs.js';
import { buildRegimeFeatures } from '../features/regime-features.js';
import { Scaler } from '../features/scaler.js';
import { trainGaussianHmm } from '../models/gaussian-hmm/gaussian-hmm.js';
import type { Cause } from './causality-proof.js';
import type { CausalSubject } from './prove-causality.js';
import { trialMarket } from './trial-market.fixture.js';

const HOUR = TIMEFRAME_MS['1h'];
const DAY = TIMEFRAME_MS['1d'];

export interface PlantedLeak extends CausalSubject {
  readonly causes: readonly Cause[];
  /** Data with a fault of their own, for a mistake that lies in the stamps. */
  readonly inputs?: (inputs: FeatureInputs) => FeatureInputs;
}

const WHOLE: readonly Cause[] = ['whole_sample', 'whole_sample_scaling', 'whole_sample_rank'];
const AHEAD: readonly Cause[] = ['later_bars', 'fill_from_later_rows'];

const leak = (
  name: string,
  causes: readonly Cause[],
  column: (inputs: FeatureInputs) => Float64Array,
  rest: Partial<PlantedLeak> = {},
): PlantedLeak => ({ name, columns: [name], causes, compute: (inputs) => [column(inputs)], ...rest });

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += values[row]!;
  return sum / values.length;
};
const deviation = (values: Float64Array): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};
const quantile = (values: Float64Array, share: number): number =>
  values.slice().sort()[Math.floor(share * (values.length - 1))] ?? Number.NaN;
const returns = (close: Float64Array): Float64Array =>
  close.map((value, bar) => (bar === 0 ? 0 : Math.log(value / close[bar - 1]!)));
const hourOf = (time: number): number => Math.floor(time / HOUR) % 24;

/** Value of the row that a rule picks by bar. */
const pick = (
  inputs: FeatureInputs,
  of: (close: number, open: number, bar: number) => number,
): Float64Array => inputs.bars.time.map((open, bar) => of(open + HOUR, open, bar));

/** The newest row of a channel among those whose `at` has come. */
const joinBy = (inputs: FeatureInputs, name: string, at: 'time' | 'availableAt'): Float64Array => {
  const channel = inputs.channels![name]!;
  return pick(inputs, (close) => {
    let found = -1;
    for (let row = 0; row < channel.time.length; row++) {
      if (channel[at][row]! <= close && (found < 0 || channel.time[row]! >= channel.time[found]!))
        found = row;
    }
    return found < 0 ? Number.NaN : channel.value[found]!;
  });
};

const smoothBothWays = (values: Float64Array): Float64Array => {
  const once = (column: Float64Array): Float64Array => {
    let level = column[0] ?? 0;
    return column.map((value) => {
      level += 0.2 * (value - level);
      return level;
    });
  };
  return once(once(values).reverse()).reverse();
};

/** Regime model with parameters fitted once, on a market of its own: only its use looks ahead. */
const hmm = (() => {
  const table = buildRegimeFeatures(trialMarket(1, 600).bars);
  const scaler = Scaler.fit(table.columns);
  const rows = (columns: readonly Float64Array[], count: number): Float64Array => {
    const scaled = scaler.transform(columns);
    return Float64Array.from({ length: count * 5 }, (_, at) => scaled[at % 5]![Math.floor(at / 5)]!);
  };
  const count = table.time.length;
  const { model } = trainGaussianHmm(
    { data: rows(table.columns, count), rows: count, features: 5, lengths: [count] },
    { states: 3, covarianceType: 'diag', restarts: 2, finalists: 1, seed: 5, maxIterations: 30 },
  );
  return ({ bars }: FeatureInputs) => {
    const { columns, bar } = buildRegimeFeatures(bars);
    const spread = (values: ArrayLike<number>): Float64Array => {
      const column = new Float64Array(bars.length).fill(Number.NaN);
      bar.forEach((at, row) => {
        column[at] = values[row]!;
      });
      return column;
    };
    const observations = {
      data: rows(columns, bar.length),
      rows: bar.length,
      features: 5,
      lengths: bar.length > 0 ? [bar.length] : [],
    };
    return { model, observations, spread };
  };
})();

export const PLANTED_LEAKS: readonly PlantedLeak[] = [
  // windows and shifts
  leak('centred_window', AHEAD, ({ bars: { close } }) =>
    close.map((_, bar) => mean(close.subarray(Math.max(0, bar - 5), Math.min(close.length, bar + 6)))),
  ),
  leak('centred_window_with_edges', AHEAD, ({ bars: { close } }) =>
    close.map((_, bar) =>
      bar < 3 || bar + 3 >= close.length ? Number.NaN : mean(close.subarray(bar - 3, bar + 4)),
    ),
  ),
  leak('negative_shift', AHEAD, ({ bars: { close } }) =>
    close.map((value, bar) => (close[bar + 1] ?? Number.NaN) / value - 1),
  ),
  leak('volatility_of_the_next_bars', AHEAD, ({ bars: { close } }) => {
    const steps = returns(close);
    return steps.map((_, bar) =>
      bar + 11 > steps.length ? Number.NaN : deviation(steps.slice(bar + 1, bar + 11)),
    );
  }),
  leak('swing_high_marked_at_its_bar', AHEAD, ({ bars: { high } }) =>
    high.map((value, bar) =>
      high.subarray(Math.max(0, bar - 4), bar + 5).every((other) => other <= value) ? 1 : 0,
    ),
  ),
  leak('gaussian_kernel', AHEAD, ({ bars: { close } }) =>
    close.map((_, bar) => {
      let sum = 0;
      let weights = 0;
      for (let at = Math.max(0, bar - 12); at < Math.min(close.length, bar + 13); at++) {
        const weight = Math.exp(-(((at - bar) / 4) ** 2));
        sum += weight * close[at]!;
        weights += weight;
      }
      return sum / weights;
    }),
  ),
  leak('two_pass_filter', [...AHEAD, 'whole_sample'], ({ bars }) => smoothBothWays(bars.close)),
  // statistics of the whole sample
  leak('whole_sample_z_score', WHOLE, ({ bars: { volume } }) => {
    const centre = mean(volume);
    const unit = deviation(volume);
    return volume.map((value) => (value - centre) / unit);
  }),
  leak('scaler_on_all_rows', WHOLE, ({ bars }) => Scaler.fit([bars.close]).transform([bars.close])[0]!),
  leak('minimum_and_maximum_of_all', WHOLE, ({ bars: { close } }) => {
    const low = Math.min(...close);
    const high = Math.max(...close);
    return close.map((value) => (value - low) / (high - low));
  }),
  leak('share_of_the_all_time_high', WHOLE, ({ bars: { close } }) => {
    const high = Math.max(...close);
    return close.map((value) => value / high);
  }),
  leak('rank_over_the_sample', WHOLE, ({ bars: { close } }) => {
    const sorted = close.slice().sort();
    return close.map((value) => sorted.indexOf(value) + 1);
  }),
  leak('percentile_of_all_history', WHOLE, ({ bars: { close } }) => {
    const sorted = close.slice().sort();
    return close.map((value) => lowerBound(sorted, value) / close.length);
  }),
  leak('clipped_at_sample_quantiles', WHOLE, ({ bars: { close } }) => {
    const steps = returns(close);
    const low = quantile(steps, 0.2);
    const high = quantile(steps, 0.8);
    return steps.map((value) => Math.min(high, Math.max(low, value)));
  }),
  leak('bins_by_sample_quantiles', WHOLE, ({ bars: { close } }) => {
    const edges = [0.2, 0.4, 0.6, 0.8].map((share) => quantile(close, share));
    return close.map((value) => edges.filter((edge) => value > edge).length);
  }),
  leak('detrended_by_a_line_through_all', WHOLE, ({ bars: { close } }) => {
    const middle = (close.length - 1) / 2;
    const centre = mean(close);
    let up = 0;
    let across = 0;
    close.forEach((value, bar) => {
      up += (bar - middle) * (value - centre);
      across += (bar - middle) ** 2;
    });
    return close.map((value, bar) => value - centre - ((bar - middle) * up) / across);
  }),
  leak('principal_component_of_all_rows', WHOLE, ({ bars }) => {
    const columns = Scaler.fit([returns(bars.close), bars.volume]).transform([
      returns(bars.close),
      bars.volume,
    ]);
    const [x, y] = columns as [Float64Array, Float64Array];
    const covariance = mean(x.map((value, bar) => value * y[bar]!));
    const angle =
      0.5 * Math.atan2(2 * covariance, mean(x.map((v) => v * v)) - mean(y.map((v) => v * v)) + 1e-9);
    return x.map((value, bar) => value * Math.cos(angle) + y[bar]! * Math.sin(angle));
  }),
  leak('target_encoding', WHOLE, ({ bars: { time, close } }) => {
    const sums = new Float64Array(24);
    const counts = new Float64Array(24);
    returns(close).forEach((value, bar) => {
      if (bar === 0) return;
      sums[hourOf(time[bar - 1]!)]! += value;
      counts[hourOf(time[bar - 1]!)]! += 1;
    });
    return time.map((at) => sums[hourOf(at)]! / counts[hourOf(at)]!);
  }),
  leak('season_of_the_whole_sample', WHOLE, ({ bars: { time, volume } }) => {
    const byHour = Array.from({ length: 24 }, (_, hour) =>
      mean(volume.filter((__, bar) => hourOf(time[bar]!) === hour)),
    );
    return volume.map((value, bar) => value - byHour[hourOf(time[bar]!)]!);
  }),
  leak('two_means_of_all_rows', WHOLE, ({ bars: { close } }) => {
    let [low, high] = [Math.min(...close), Math.max(...close)];
    for (let round = 0; round < 20; round++) {
      const middle = (low + high) / 2;
      low = mean(close.filter((value) => value <= middle));
      high = mean(close.filter((value) => value > middle));
    }
    return close.map((value) => Math.abs(value - low) - Math.abs(value - high));
  }),
  // states of a model
  leak('viterbi_label', [...WHOLE, ...AHEAD, 'unclosed_higher_bar'], (inputs) => {
    const { model, observations, spread } = hmm(inputs);
    return spread(model.decode(observations).path);
  }),
  leak('smoothed_probability', [...WHOLE, ...AHEAD], (inputs) => {
    const { model, observations, spread } = hmm(inputs);
    return spread(model.smooth(observations).probability.filter((_, at) => at % 3 === 0));
  }),
  // holes filled from behind
  leak('backward_fill', AHEAD, ({ bars: { volume } }) => {
    const filled = volume.map((value) => (value === 0 ? Number.NaN : value));
    for (let bar = filled.length - 2; bar >= 0; bar--)
      if (Number.isNaN(filled[bar]!)) filled[bar] = filled[bar + 1]!;
    return filled;
  }),
  leak('interpolation', AHEAD, ({ bars: { volume } }) => {
    const filled = volume.slice();
    volume.forEach((value, bar) => {
      if (value !== 0) return;
      let [left, right] = [bar, bar];
      while (left > 0 && volume[left] === 0) left--;
      while (right < volume.length - 1 && volume[right] === 0) right++;
      filled[bar] =
        volume[left]! + ((volume[right]! - volume[left]!) * (bar - left)) / Math.max(1, right - left);
    });
    return filled;
  }),
  // bars that have not closed
  leak('unclosed_higher_timeframe', ['unclosed_higher_bar'], ({ bars }) => {
    const { series } = resample(bars, '4h', { horizon: Number.POSITIVE_INFINITY });
    return bars.time.map((open) => series.close[series.time.indexOf(bucketOpen(open, '4h'))]!);
  }),
  leak('high_of_the_whole_day', ['unclosed_higher_bar'], ({ bars }) => {
    const { series } = resample(bars, '1d', { horizon: Number.POSITIVE_INFINITY });
    return bars.time.map((open) => series.high[series.time.indexOf(bucketOpen(open, '1d'))]!);
  }),
  leak('resampled_label_of_the_wrong_side', ['unclosed_higher_bar'], ({ bars }) => {
    // labelled by its open and joined "as of" by label: the bar counts from its first minute
    const { series } = resample(bars, '4h', { horizon: Number.POSITIVE_INFINITY });
    return bars.time.map((open) => {
      let row = -1;
      while (row + 1 < series.length && series.time[row + 1]! <= open) row++;
      return series.volume[row]!;
    });
  }),
  leak('timezone_shift', ['unclosed_higher_bar', ...AHEAD], ({ bars }) => {
    // days of UTC+8, their close looked up by the UTC date
    const closes = new Map<number, number>();
    for (let bar = 0; bar < bars.length; bar++) {
      closes.set(Math.floor((bars.time[bar]! + 8 * HOUR) / DAY), bars.close[bar]!);
    }
    return bars.time.map((open) => closes.get(Math.floor(open / DAY)) ?? Number.NaN);
  }),
  leak('forming_bar', ['row_before_close'], ({ bars }) => returns(bars.close), {
    availableAt: (bars) => bars.time.slice(),
  }),
  // what was published later
  leak('later_publish_time', ['early_channel'], (inputs) => joinBy(inputs, 'btc_dominance', 'time')),
  leak('open_interest_before_its_period_ended', ['early_channel'], (inputs) =>
    joinBy(inputs, 'open_interest', 'time'),
  ),
  leak('revised_data', ['early_channel'], (inputs) => {
    const { time, value, availableAt } = inputs.channels!.open_interest!;
    const last = new Map<number, number>();
    for (let row = 0; row < time.length; row++) last.set(time[row]!, value[row]!);
    return pick(inputs, (close) => {
      let newest = Number.NEGATIVE_INFINITY;
      time.forEach((at, row) => {
        if (availableAt[row]! <= close) newest = Math.max(newest, at);
      });
      return last.get(newest) ?? Number.NaN;
    });
  }),
  leak(
    'funding_of_the_same_day_stamped_early',
    ['early_stamp'],
    (inputs) => joinBy(inputs, 'funding_rate', 'availableAt'),
    {
      // a day's last settlement, at midnight after it, filed under the day's own date
      inputs: (inputs) => ({
        ...inputs,
        channels: {
          funding_rate: {
            ...inputs.channels!.btc_dominance!,
            name: 'funding_rate',
            kind: 'aggregate',
            availableAt: inputs.channels!.btc_dominance!.time,
          },
        },
      }),
    },
  ),
  leak(
    'dominance_before_its_provider',
    ['early_stamp'],
    (inputs) => joinBy(inputs, 'btc_dominance', 'availableAt'),
    {
      inputs: (inputs) => ({
        ...inputs,
        channels: {
          btc_dominance: {
            ...inputs.channels!.btc_dominance!,
            availableAt: inputs.channels!.btc_dominance!.time.map((at) => at - 3 * HOUR),
          },
        },
      }),
    },
  ),
  // other instruments
  leak('universe_of_survivors', ['universe_of_survivors'], (inputs) => {
    const last = inputs.bars.time[inputs.bars.length - 1]!;
    const alive = inputs.panel!.filter(({ time, length }) => time[length - 1] === last);
    const { time, value } = breadthChannel(alive, { length: 20, least: 1 });
    return pick(inputs, (_, open) => value[time.indexOf(open)] ?? Number.NaN);
  }),
  leak('share_of_all_ever_listed', ['universe_of_survivors'], (inputs) => {
    const panel = inputs.panel!;
    const listed = (open: number): number =>
      panel.filter(({ time }) => time[lowerBound(time, open)] === open).length;
    return pick(inputs, (_, open) => listed(open) / panel.length);
  }),
];

/** A value drawn anew at every call is no leak but is no function of its inputs either. */
export const UNSTEADY: CausalSubject = (() => {
  const random = new Random(1);
  return {
    name: 'unsteady',
    columns: ['unsteady'],
    compute: ({ bars }) => [bars.close.map((value) => value + random.normal())],
  };
})();
