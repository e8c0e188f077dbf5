/** What is looked at: instrument and timeframe, of the address or the product's defaults. */
import type { InstrumentsAnswer, StatusAnswer } from '../../../src/app/server/api-types.js';
import { changeAddress, useAddress } from '../address/address.js';
import { getInstruments, getStatus } from '../api/calls.js';
import { type Answer, useAnswer } from '../api/use-answer.js';
import { Menu } from '../ui/menu.js';
import { Segments } from '../ui/segments.js';

export type Instrument = InstrumentsAnswer[number];

export interface SeriesChoice {
  readonly instruments: Answer<InstrumentsAnswer>;
  readonly instrument: Instrument | undefined;
  /** Empty until the instrument is known. */
  readonly timeframe: string;
  /** What there is, and what is looked at of it, is known. */
  readonly isDecided: boolean;
}

const QUICK = ['1m', '5m', '15m', '30m', '1h', '4h', '1d', '1w'];

export function useStatus(): Answer<StatusAnswer> {
  return useAnswer('status', getStatus, 60_000);
}

export function useSeriesChoice(): SeriesChoice {
  const { query } = useAddress();
  const instruments = useAnswer('instruments', getInstruments);
  const status = useStatus();
  const isAsked = query.has('s');
  const asked = query.get('s') ?? status.data?.default_instrument;
  // without a word in the address the status decides; the first series stands in when it fails or names none that is
  const isDecided = isAsked || status.data !== undefined || status.error !== undefined;
  const instrument = isDecided
    ? (instruments.data?.find(({ instrument_id }) => instrument_id === asked) ??
      (isAsked ? undefined : instruments.data?.[0]))
    : undefined;
  const offered = instrument?.timeframes.map(({ timeframe }) => timeframe) ?? [];
  const wanted = query.get('tf') ?? status.data?.default_timeframe ?? '1h';
  const native = instrument?.timeframes.find(({ source }) => source === 'native')?.timeframe;
  const timeframe = offered.includes(wanted) || query.has('tf') ? wanted : (native ?? offered[0] ?? '');
  return {
    instruments,
    instrument,
    timeframe,
    isDecided: isDecided && (instruments.data !== undefined || instruments.error !== undefined),
  };
}

/** `Binance spot` of `binance:spot:BTCUSDT`. */
export function venueOf({ exchange, kind }: Pick<Instrument, 'exchange' | 'kind'>): string {
  const names: Record<string, string> = {
    binance: 'Binance',
    binanceusdm: 'Binance USD-M',
    kraken: 'Kraken',
  };
  return `${names[exchange] ?? exchange} ${kind}`;
}

export function SeriesPicker({ choice }: { choice: SeriesChoice }) {
  const { instruments, instrument, timeframe } = choice;
  return (
    <>
      <Menu
        className="series"
        label={`Instrument, now ${instrument?.display ?? 'none'}`}
        face={
          <>
            <b>{instrument?.display ?? '—'}</b>
            {instrument && <span className="quiet">{venueOf(instrument)}</span>}
          </>
        }
      >
        {(close) => (
          <ul className="options">
            {(instruments.data ?? []).map((each) => (
              <li key={each.instrument_id}>
                <button
                  type="button"
                  aria-current={each.instrument_id === instrument?.instrument_id}
                  onClick={() => {
                    close();
                    changeAddress({
                      s: each.instrument_id,
                      model: undefined,
                      from: undefined,
                      to: undefined,
                    });
                  }}
                >
                  <b>{each.display}</b>
                  <span className="quiet">{venueOf(each)}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Menu>
      {instrument && <TimeframeChips instrument={instrument} timeframe={timeframe} />}
    </>
  );
}

export function chooseTimeframe(timeframe: string): void {
  changeAddress({ tf: timeframe, model: undefined, from: undefined, to: undefined });
}

function TimeframeChips({ instrument, timeframe }: { instrument: Instrument; timeframe: string }) {
  const choices = instrument.timeframes
    .filter((each) => QUICK.includes(each.timeframe) || each.timeframe === timeframe)
    .map((each) => ({
      value: each.timeframe,
      words: each.timeframe,
      title:
        each.source === 'derived'
          ? `${each.timeframe}, resampled from a finer one`
          : `${each.timeframe}, as stored`,
    }));
  return <Segments label="Timeframe" choices={choices} value={timeframe} choose={chooseTimeframe} />;
}
