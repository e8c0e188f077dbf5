/** What is looked at: instrument and timeframe, of the address or the product's defaults. */
import { useEffect, useRef, useState } from 'react';
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
export function venueOf(instrument: { exchange?: string; venue?: string; kind: string }): string {
  const names: Record<string, string> = {
    binance: 'Binance',
    binanceusdm: 'Binance USD-M',
    kraken: 'Kraken',
    polymarket: 'Polymarket',
    file: 'File',
  };
  const venue = instrument.exchange ?? instrument.venue ?? '';
  return `${names[venue] ?? venue} ${instrument.kind}`;
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
            <span className="phone-only">{timeframe}</span>
          </>
        }
      >
        {(close) => (
          <>
            <div className="phone-only">
              {instrument && <TimeframeChips instrument={instrument} timeframe={timeframe} />}
            </div>
            <InstrumentList
              instruments={instruments.data ?? []}
              chosen={instrument?.instrument_id}
              choose={(id) => {
                close();
                chooseInstrument(id);
              }}
            />
          </>
        )}
      </Menu>
      {instrument && <TimeframeChips instrument={instrument} timeframe={timeframe} />}
    </>
  );
}

interface InstrumentListProps {
  readonly instruments: readonly Instrument[];
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
}

/** From so many on they are searched by name. */
const SEARCHED_FROM = 12;

const letters = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

function InstrumentList({ instruments, chosen, choose }: InstrumentListProps) {
  const [text, setText] = useState('');
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  const found = instruments.filter((each) =>
    letters(`${each.display} ${each.instrument_id}`).includes(letters(text)),
  );
  return (
    <>
      {instruments.length >= SEARCHED_FROM && (
        <input
          ref={search}
          type="search"
          className="option-search"
          aria-label="Find an instrument"
          placeholder={`Find one of ${instruments.length}`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && found[0]) choose(found[0].instrument_id);
          }}
        />
      )}
      <ul className="options">
        {found.map((each) => (
          <li key={each.instrument_id}>
            <button
              type="button"
              aria-current={each.instrument_id === chosen}
              onClick={() => choose(each.instrument_id)}
            >
              <b>{each.display}</b>
              <span className="quiet">{venueOf(each)}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="footnote">Nothing is called “{text}”.</p>}
    </>
  );
}

export function chooseInstrument(id: string): void {
  changeAddress({ s: id, model: undefined, from: undefined, to: undefined, bar: undefined });
}

export function chooseTimeframe(timeframe: string): void {
  changeAddress({ tf: timeframe, model: undefined, from: undefined, to: undefined, bar: undefined });
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
