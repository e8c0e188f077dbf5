/** Regime lab: which regime, how sure, how trustworthy. */
import { type RefObject, useRef } from 'react';
import { changeAddress, pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import type { ChartHandle } from '../chart/price-chart.js';
import { captioned } from '../export/captioned-picture.js';
import type { SeriesChoice } from '../shell/series-choice.js';
import { useZone } from '../shell/zone.js';
import { TrainDialog } from '../training/train-dialog.js';
import { Card } from '../ui/card.js';
import { Segments } from '../ui/segments.js';
import { Empty, Failure, Skeleton } from '../ui/states.js';
import { AsOfControl } from './as-of-control.js';
import { exportRows } from './chart-rows.js';
import { ExportMenu } from './export-menu.js';
import { ForecastCard } from './forecast-card.js';
import { matrixOf, modelWords, textIn } from './lab-model.js';
import { ModelsMenu } from './models-menu.js';
import { NowCard } from './now-card.js';
import { PriceCard } from './price-card.js';
import type { ShownRegimes } from './regime-source.js';
import { RunCard } from './run-card.js';
import { SiblingsCard } from './siblings-card.js';
import { StatesCard } from './states-card.js';
import { TimelineCard } from './timeline-card.js';
import { TransitionsCard } from './transitions-card.js';
import { type Lab, useLab } from './use-lab.js';
import { useLiveRows } from './use-live-rows.js';

const HALF_SPAN_BARS = 120;

/** The chart and what it holds: the export in the head of the page reads them. */
interface Screen {
  readonly handle: RefObject<ChartHandle | null>;
  readonly shown: RefObject<ShownRegimes | null>;
}

interface LabPartProps {
  readonly choice: SeriesChoice;
  readonly lab: Lab;
  readonly screen: Screen;
}

export function LabPage({ choice }: { choice: SeriesChoice }) {
  const { query } = useAddress();
  const lab = useLab(choice);
  const screen: Screen = { handle: useRef<ChartHandle>(null), shown: useRef<ShownRegimes>(null) };
  const { instruments, instrument } = choice;
  return (
    <>
      <LabHead choice={choice} lab={lab} screen={screen} />
      {instruments.error && !instruments.data && (
        <Card title="Regime lab">
          <Failure error={instruments.error} retry={instruments.refresh} />
        </Card>
      )}
      {!choice.isDecided && <Skeleton lines={10} label="Loading series" />}
      {choice.isDecided && instruments.data && !instrument && <NoSeries asked={query.get('s')} />}
      {instrument && lab.question && <LabBody choice={choice} lab={lab} screen={screen} />}
      {instrument && !lab.question && (
        <Card title="Regime lab">
          <Empty title={`${instrument.display} has no ${choice.timeframe} bars`}>
            They cannot be made from what is stored. Choose another timeframe above.
          </Empty>
        </Card>
      )}
      {query.get('train') === '1' && instrument && (
        <TrainDialog
          instrument={instrument}
          timeframe={choice.timeframe}
          close={() => changeAddress({ train: undefined }, true)}
        />
      )}
    </>
  );
}

function NoSeries({ asked }: { asked: string | null }) {
  const title = asked ? `There is no series ${asked}` : 'There are no bars yet';
  return (
    <Card title="Regime lab">
      <Empty
        title={title}
        action={
          asked ? (
            <Link href={pageHref('/lab', { s: undefined, tf: undefined, model: undefined })}>
              Open the first series
            </Link>
          ) : undefined
        }
      >
        Bring in the sample with <code>tidewatch start</code>, or your own file with{' '}
        <code>tidewatch lake import</code>.
      </Empty>
    </Card>
  );
}

function LabHead({ choice, lab, screen }: LabPartProps) {
  const { query } = useAddress();
  const zone = useZone();
  const { model, detail } = lab;
  const smoothed = query.get('view') === 'smoothed';
  const scope = model
    ? `${modelWords(model, detail.data)} · trained ${zone.date(model.train_start)} – ${zone.date(model.train_end)}`
    : 'no model of this series yet';
  return (
    <div className="page-head">
      <h1>Regime lab</h1>
      <p className="scope">{choice.instrument && lab.models.data ? scope : ''}</p>
      <div className="controls">
        <Segments
          label="Probabilities"
          choices={[
            { value: 'filtered', words: 'Filtered', title: 'Bars up to each bar only (V)' },
            { value: 'smoothed', words: 'Smoothed', title: 'Knows later bars: lookahead (V)' },
          ]}
          value={smoothed ? 'smoothed' : 'filtered'}
          choose={(view) => changeAddress({ view: view === 'smoothed' ? view : undefined })}
        />
        <AsOfControl at={lab.at} data={lab.question?.data} />
        {lab.own.length > 0 && <ModelsMenu models={lab.own} chosen={model?.id} />}
        <LabExport choice={choice} lab={lab} screen={screen} />
        <button type="button" className="button primary" onClick={() => changeAddress({ train: '1' }, true)}>
          Train…
        </button>
      </div>
    </div>
  );
}

function LabExport({ choice, lab, screen }: LabPartProps) {
  const zone = useZone();
  const series = `${choice.instrument?.display ?? 'series'} ${choice.timeframe}`;
  const kind = lab.question?.kind ?? '';
  const name = [choice.instrument?.display ?? 'series', choice.timeframe, kind].filter(Boolean);
  const caption = {
    title: lab.model ? `${series} · ${modelWords(lab.model, lab.detail.data)}` : series,
    notes: [
      kind === 'smoothed'
        ? 'Smoothed: LOOKAHEAD, every bar knows later ones'
        : 'Filtered: causal, no lookahead',
      `Data to ${zone.time(lab.closed)}. Times of the axis are UTC. Made with Tidewatch.`,
    ],
  };
  return (
    <ExportMenu
      name={name}
      table={() => {
        const span = screen.handle.current?.visible();
        return screen.shown.current && span ? exportRows(screen.shown.current, span) : undefined;
      }}
      picture={() => {
        const picture = screen.handle.current?.picture();
        return picture && captioned(picture, caption);
      }}
    />
  );
}

function LabBody({ choice, lab, screen }: LabPartProps) {
  const { handle } = screen;
  const { model, detail, newest, present, question, closed, at } = lab;
  const labels = detail.data?.labels ?? model?.labels ?? [];
  const { barLength } = question!;
  const matrix = matrixOf(detail.data);
  const quote = choice.instrument!.display.split('/')[1] ?? '';
  const waits = !lab.models.data && !lab.models.error;
  const asked = useAddress().query.get('model');
  const volatility = textIn(
    detail.data?.stats.find(({ state }) => state === present?.row.regime),
    'volatility_label',
  );
  const refresh = newest.refresh;
  useLiveRows(question!, at === null, handle, choice.instruments.refresh, refresh);
  return (
    <div className="lab">
      <div className="lab-main">
        {!waits && (
          <PriceCard
            question={question!}
            labels={labels}
            closed={closed!}
            handle={handle}
            onShown={(next) => {
              screen.shown.current = next;
            }}
          />
        )}
        {model && (
          <>
            {detail.data ? (
              <StatesCard detail={detail.data} barLength={barLength} />
            ) : (
              <Waiting answer={detail} title="States" />
            )}
            <div className="lab-row">
              <SiblingsCard models={lab.own} chosen={model.id} />
              {detail.data && <RunCard detail={detail.data} />}
            </div>
          </>
        )}
      </div>
      <div className="lab-side">
        {!waits && !model && <NoModel choice={choice} asked={asked} error={lab.models.error?.message} />}
        {model && present && (
          <NowCard
            present={present}
            labels={labels}
            barLength={barLength}
            quote={quote}
            frozen={at !== null}
            volatility={volatility}
          />
        )}
        {model && !present && <Waiting answer={newest} title="Now" />}
        {present && matrix && (
          <ForecastCard
            labels={labels}
            probabilities={present.row.probs}
            matrix={matrix}
            stationary={detail.data?.stationary ?? null}
            barLength={barLength}
          />
        )}
        {matrix && <TransitionsCard labels={labels} matrix={matrix} barLength={barLength} />}
        {newest.data && (
          <TimelineCard
            rows={newest.data.data}
            barLength={barLength}
            show={(time) => {
              const half = HALF_SPAN_BARS * barLength;
              handle.current?.setVisible({ from: time - half, to: time + half });
            }}
          />
        )}
      </div>
    </div>
  );
}

function NoModel({
  choice,
  asked,
  error,
}: {
  choice: SeriesChoice;
  asked: string | null;
  error: string | undefined;
}) {
  const series = `${choice.instrument!.display} ${choice.timeframe}`;
  return (
    <Card title="Now">
      <Empty
        title={asked ? 'That model is not here' : `No model of ${series}`}
        action={
          <button
            type="button"
            className="button"
            onClick={() => changeAddress({ train: '1', model: undefined }, true)}
          >
            Train one
          </button>
        }
      >
        {error ??
          (asked
            ? `${asked} may have been deleted. The bars are shown without regimes.`
            : 'Regimes need a trained model; it takes some seconds.')}
      </Empty>
    </Card>
  );
}

function Waiting({ answer, title }: { answer: Pick<Lab['newest'], 'error' | 'refresh'>; title: string }) {
  return (
    <Card title={title}>
      {answer.error ? <Failure error={answer.error} retry={answer.refresh} /> : <Skeleton />}
    </Card>
  );
}
