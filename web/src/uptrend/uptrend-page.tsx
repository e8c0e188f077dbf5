/** Uptrend: which state, why, and what would change it; every timeframe of the series; every series. */
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { UPTREND_PROFILES, uptrendConfig } from '../../../src/analysis/uptrend/profile.js';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import type { ChartHandle } from '../chart/price-chart.js';
import type { TimeSpan } from '../chart/viewport.js';
import { captioned } from '../export/captioned-picture.js';
import { AsOfControl } from '../lab/as-of-control.js';
import { ExportMenu } from '../lab/export-menu.js';
import { parseAt } from '../lab/use-lab.js';
import type { SeriesChoice } from '../shell/series-choice.js';
import { useZone } from '../shell/zone.js';
import { Card } from '../ui/card.js';
import { Segments } from '../ui/segments.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { exportUptrend } from './export-rows.js';
import { LevelsCard } from './levels-card.js';
import { ScannerCard } from './scanner-card.js';
import { StatesChart } from './states-chart.js';
import { TimeframesCard } from './timeframes-card.js';
import { TransitionsList } from './transitions-list.js';
import type { ShownUptrend } from './uptrend-source.js';
import { useLiveUptrend } from './use-live-uptrend.js';
import {
  profileOf,
  type UptrendQuestion,
  type UptrendPage as UptrendView,
  useExplanation,
  useLevels,
  useRested,
  useTimeline,
  useUptrend,
} from './use-uptrend.js';
import { NumbersCard, WhyCards } from './why-card.js';

const HALF_SPAN_BARS = 120;
/** A pointer rests this long on a bar before its reasons are asked for. */
const REST_MS = 140;
const SHOWN_TIMEFRAMES = ['1m', '15m', '1h', '4h', '1d'];

interface Screen {
  readonly handle: RefObject<ChartHandle | null>;
  readonly shown: RefObject<ShownUptrend | null>;
}

export function UptrendPage({ choice }: { choice: SeriesChoice }) {
  const { query } = useAddress();
  const view = useUptrend(choice);
  const screen: Screen = { handle: useRef<ChartHandle>(null), shown: useRef<ShownUptrend>(null) };
  const { instruments, instrument } = choice;
  return (
    <>
      <UptrendHead choice={choice} view={view} screen={screen} />
      {instruments.error && !instruments.data && (
        <Card title="Uptrend">
          <Failure error={instruments.error} retry={instruments.refresh} />
        </Card>
      )}
      {!choice.isDecided && <Skeleton lines={10} label="Loading series" />}
      {choice.isDecided && instruments.data && !instrument && <NoSeries asked={query.get('s')} />}
      {instrument && view.question && (
        // another series or engine begins with an untouched screen
        <UptrendBody
          key={`${view.question.instrument} ${view.question.timeframe} ${view.question.profile}`}
          choice={choice}
          question={view.question}
          canOverlay={view.model !== undefined}
          screen={screen}
        />
      )}
      {instrument && !view.question && (
        <Card title="Uptrend">
          <Empty title={`${instrument.display} has no ${choice.timeframe} bars`}>
            They cannot be made from what is stored. Choose another timeframe above.
          </Empty>
        </Card>
      )}
      {choice.isDecided && choice.timeframe !== '' && !view.question && (
        <ScannerCard timeframe={choice.timeframe} profile={profileOf(query)} instrument={undefined} />
      )}
    </>
  );
}

function NoSeries({ asked }: { asked: string | null }) {
  return (
    <Card title="Uptrend">
      <Empty
        title={asked ? `There is no series ${asked}` : 'There are no bars yet'}
        action={
          asked ? (
            <Link href={pageHref('/uptrend', { s: undefined, tf: undefined })}>Open the first series</Link>
          ) : undefined
        }
      >
        Bring in the sample with <code>tidewatch start</code>, or your own file with{' '}
        <code>tidewatch lake import</code>.
      </Empty>
    </Card>
  );
}

interface HeadProps {
  readonly choice: SeriesChoice;
  readonly view: UptrendView;
  readonly screen: Screen;
}

function UptrendHead({ choice, view, screen }: HeadProps) {
  const { query } = useAddress();
  const zone = useZone();
  const { question } = view;
  const profile = profileOf(query);
  const series = choice.instrument ? `${choice.instrument.display} ${choice.timeframe}` : '';
  const span = (): TimeSpan | null => screen.handle.current?.visible() ?? null;
  return (
    <div className="page-head">
      <h1>Uptrend</h1>
      <p className="scope">{series && `State machine on ${series}`}</p>
      <div className="controls">
        <Segments
          label="Profile"
          choices={UPTREND_PROFILES.map((value) => ({ value, words: value, title: PROFILE_WORDS[value] }))}
          value={profile}
          choose={(next) => changeAddress({ profile: next === 'standard' ? undefined : next })}
        />
        <AsOfControl at={parseAt(query.get('at'))} data={question?.data} />
        <ExportMenu
          name={['uptrend', choice.instrument?.display ?? 'series', choice.timeframe, profile]}
          table={() => {
            const seen = span();
            return screen.shown.current && seen ? exportUptrend(screen.shown.current, seen) : undefined;
          }}
          picture={() => {
            const picture = screen.handle.current?.picture();
            return (
              picture &&
              captioned(picture, {
                title: `${series} · uptrend, profile ${profile}`,
                notes: [
                  'Causal, no lookahead. Levels are those in force at the newest bar.',
                  `Data to ${zone.time(question?.data.to)}. Times of the axis are UTC. Made with Tidewatch.`,
                ],
              })
            );
          }}
        />
      </div>
    </div>
  );
}

const PROFILE_WORDS = {
  standard: 'What the product documents say; the default',
  corrected: 'The reference with its faults repaired, no global exit',
  reference: 'The reference with its faults, for parity',
  v6: 'The V6 document: higher dip gate, smaller boost',
} as const;

interface BodyProps {
  readonly choice: SeriesChoice;
  readonly question: UptrendQuestion;
  readonly canOverlay: boolean;
  readonly screen: Screen;
}

function UptrendBody({ choice, question, canOverlay, screen }: BodyProps) {
  const { query } = useAddress();
  const { handle, shown } = screen;
  const [pointed, setPointed] = useState<number | null>(null);
  const [span, setSpan] = useState<TimeSpan | null>(null);
  const [isDrawn, setDrawn] = useState(false);
  const pinned = parseAt(query.get('bar'));
  const bar = useRested(pointed, REST_MS) ?? pinned;
  const explanation = useExplanation(question, bar);
  const levels = useLevels(question, bar);
  const newestLevels = useLevels(question, null);
  const config = useMemo(() => uptrendConfig(question.profile), [question.profile]);
  const timeframes = shownTimeframes(choice);
  const timeline = useTimeline(question, span ? timeframes : [], span);
  const history = useTimeline(question, [question.timeframe], WHOLE);
  useLiveUptrend(question, handle, choice.instruments.refresh, () => {
    explanation.refresh();
    newestLevels.refresh();
    history.refresh();
  });

  /** The last bar of a row, so that a bucket shows what its lines show. */
  const barOf = (row: number): number => {
    const { level } = shown.current!.content;
    const last = level.time[row]! * 1000 + level.bucket - question.barLength;
    return Math.min(last, question.data.to - question.barLength);
  };
  useEffect(() => {
    if (pinned !== null && isDrawn && pointed === null) handle.current?.pointAt(pinned);
  }, [pinned, isDrawn, pointed, handle]);

  return (
    <div className="lab uptrend">
      <div className="lab-main">
        <StatesChart
          question={question}
          levels={newestLevels.data}
          canOverlay={canOverlay}
          pinned={pinned}
          handle={handle}
          onShown={(next) => {
            shown.current = next;
            setDrawn(true);
          }}
          onRow={(row) => setPointed(row === null || !shown.current ? null : barOf(row))}
          onPick={(row) => {
            const picked = barOf(row);
            changeAddress({ bar: picked === pinned ? undefined : String(picked) }, true);
          }}
          onSettled={(next) => setSpan(roundedSpan(next, question.data))}
        />
        <TimeframesCard answer={timeline} span={span} timeframe={question.timeframe} />
        <ScannerCard
          timeframe={question.timeframe}
          profile={question.profile}
          instrument={question.instrument}
        />
      </div>
      <div className="lab-side">
        <WhyCards
          answer={explanation}
          barLength={question.barLength}
          chosen={bar === null ? 'newest' : bar === pinned ? 'pinned' : 'pointed'}
          isFrozen={question.at !== null}
        />
        <TransitionsList
          answer={history}
          until={bar ?? question.data.to}
          show={(time) => {
            const half = HALF_SPAN_BARS * question.barLength;
            handle.current?.setVisible({ from: time - half, to: time + half });
          }}
        />
        {explanation.data && (
          <NumbersCard
            data={explanation.data}
            thresholds={{ ox: config.oxSell, dx: config.dxBuy, ts: config.tsThreshold }}
          />
        )}
        <LevelsCard answer={levels} />
      </div>
    </div>
  );
}

const WHOLE = null;

function shownTimeframes({ instrument, timeframe }: SeriesChoice): string[] {
  const offered = instrument?.timeframes.map((each) => each.timeframe) ?? [];
  return offered.filter((each) => SHOWN_TIMEFRAMES.includes(each) || each === timeframe);
}

/** Whole minutes inside the data: screens that differ by a pixel ask the same question. */
function roundedSpan({ from, to }: TimeSpan, data: TimeSpan): TimeSpan {
  const minute = 60_000;
  return {
    from: Math.max(data.from, Math.floor(from / minute) * minute),
    to: Math.min(data.to, Math.ceil(to / minute) * minute),
  };
}
