/** The diagnostics drawer: why the engine is in its state at the bar that is looked at, and what the next one lacks. */
import { formatDuration, formatPrice, formatReturn } from '../../../src/app/report/number-format.js';
import type { UptrendExplainAnswer } from '../../../src/app/server/api-types.js';
import { changeAddress } from '../address/address.js';
import type { Answer } from '../api/use-answer.js';
import { barName, useZone } from '../shell/zone.js';
import { Badge } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { DataAge } from '../ui/data-age.js';
import { Failure, Skeleton } from '../ui/states.js';
import { StateChip } from './state-chip.js';
import { StateGraph } from './state-graph.js';

type Explanation = UptrendExplainAnswer['explanation'];
type Condition = Explanation['paths'][number]['conditions'][number];

const DAY = 86_400_000;

interface WhyCardProps {
  readonly answer: Answer<UptrendExplainAnswer>;
  readonly barLength: number;
  /** `newest`, or how the bar was chosen. */
  readonly chosen: 'newest' | 'pointed' | 'pinned';
  /** The page looks back from a moment in the past. */
  readonly isFrozen: boolean;
}

export function WhyCards({ answer, barLength, chosen, isFrozen }: WhyCardProps) {
  const { data, error } = answer;
  if (!data) {
    return (
      <Card title="Now" className="now">
        {error ? (
          <Failure error={error} retry={answer.refresh} />
        ) : (
          <Skeleton lines={6} label="Loading the state" />
        )}
      </Card>
    );
  }
  const { explanation } = data;
  return (
    <>
      <StateCard
        data={data}
        barLength={barLength}
        chosen={chosen}
        isFrozen={isFrozen}
        failed={error !== undefined}
      />
      {explanation.paths.map((path) => (
        <Card key={path.to} title={`To reach ${path.to}`} scope={allWords(path.conditions)} className="path">
          <p className="for-readers">{path.sentence}</p>
          <Conditions conditions={path.conditions} />
        </Card>
      ))}
      {explanation.signals.length > 0 && <SignalsCard signals={explanation.signals} />}
    </>
  );
}

function allWords(conditions: readonly Condition[]): string {
  const missing = conditions.filter(({ ok }) => !ok).length;
  if (missing === 0) return 'all hold at the next close';
  return conditions.length === 1
    ? 'at a bar close'
    : `${missing} of ${conditions.length} missing at a bar close`;
}

function StateCard({
  data,
  barLength,
  chosen,
  isFrozen,
  failed,
}: Omit<WhyCardProps, 'answer'> & { data: UptrendExplainAnswer; failed: boolean }) {
  const zone = useZone();
  const { payload, explanation, since, bars_in_state: bars } = data;
  const { state, name, sentence, paths } = explanation;
  const title =
    chosen === 'newest'
      ? isFrozen
        ? 'As of'
        : 'Now'
      : barLength >= DAY
        ? zone.date(payload.ts)
        : zone.time(payload.ts);
  return (
    <Card
      title={title}
      className="now why"
      aside={
        <>
          {failed && <Badge tone="bad">not renewed</Badge>}
          {chosen === 'newest' && !isFrozen && <DataAge closed={data.as_of} barLength={barLength} />}
          {chosen === 'newest' && isFrozen && <Badge tone="warn">Frozen</Badge>}
          {chosen === 'pointed' && <Badge tone="plain">click pins it</Badge>}
          {chosen === 'pinned' && (
            <button type="button" className="link" onClick={() => changeAddress({ bar: undefined }, true)}>
              Unpin
            </button>
          )}
          {!payload.warm && (
            <Badge tone="warn" title="Fewer than 333 bars: the slow averages still owe much to the first">
              Not warm
            </Badge>
          )}
        </>
      }
    >
      <p className="verdict state-verdict">
        <StateChip state={state} isLarge />
        <span>{name}</span>
      </p>
      <p className="quiet" aria-live={chosen === 'newest' ? 'polite' : undefined}>
        since {barName(zone, since, barLength)} · {bars === 1 ? '1 bar' : `${bars} bars`} ·{' '}
        {formatDuration(payload.ts + barLength - since)}
      </p>
      <StateGraph state={state} next={paths.map(({ to }) => to)} />
      <p className="why-words">{sentence}</p>
    </Card>
  );
}

export function Conditions({ conditions }: { conditions: readonly Condition[] }) {
  return (
    <ul className="conditions">
      {conditions.map(({ words, ok, gap }) => (
        <li key={words} className={ok ? 'ok' : 'missing'}>
          <span className="mark-cell">
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <path d={ok ? 'M1.5 5.5L4 8L8.5 2.5' : 'M2 2L8 8M8 2L2 8'} />
            </svg>
            <span className="for-readers">{ok ? 'holds: ' : 'missing: '}</span>
          </span>
          <span>{words}</span>
          {gap !== null && (
            <span className="num" title="Left over right side, less one">
              {formatReturn(gap)}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

const SIGNAL_NAMES = { buy_signal: 'First entry', buy_flag: 'Buy', trim_flag: 'Trim' } as const;

function SignalsCard({ signals }: { signals: Explanation['signals'] }) {
  return (
    <Card title="Signals" scope="on this bar" className="signals-card">
      {signals.map((signal) => (
        <section key={signal.flag + signal.sentence} aria-label={signal.sentence}>
          <h3>
            {SIGNAL_NAMES[signal.flag]}{' '}
            {signal.raised ? <Badge tone="ok">raised</Badge> : <Badge tone="plain">not raised</Badge>}
          </h3>
          <Conditions conditions={signal.conditions} />
        </section>
      ))}
    </Card>
  );
}

/** Close, range and averages of the bar, and its scores against their gates. */
export function NumbersCard({
  data,
  thresholds,
}: {
  data: UptrendExplainAnswer;
  thresholds: { readonly ox: number; readonly dx: number; readonly ts: number };
}) {
  const { payload } = data;
  const { scores, ema, price, atr } = payload;
  const check = payload.diagnostics?.buy_check ?? payload.diagnostics?.s2_retest_check;
  const strength = scores?.ts_with_boost ?? check?.ts_with_boost;
  const rows: [string, number | undefined, string][] = [
    ['TS strength, with boost', strength, `buy from ${thresholds.ts.toFixed(2)}`],
    ['OX over-extension', scores?.ox, `trim from ${thresholds.ox.toFixed(2)}`],
    ['DX dip quality', scores?.dx, `buy from ${thresholds.dx.toFixed(2)}`],
    ['EDX decay', scores?.edx, 'at most 0.85'],
  ];
  return (
    <Card title="Numbers" scope="of this bar" className="numbers-card">
      <dl className="facts">
        {rows.map(([name, value, note]) => (
          <div key={name}>
            <dt>
              {name} <span className="quiet">{note}</span>
            </dt>
            <dd>{value === undefined ? '—' : value.toFixed(2)}</dd>
          </div>
        ))}
        <div>
          <dt>Close, ATR</dt>
          <dd>
            {formatPrice(price)}, {formatPrice(atr)}
          </dd>
        </div>
        {(['ema20', 'ema30', 'ema60', 'ema144', 'ema250', 'ema333'] as const).map((name) => (
          <div key={name}>
            <dt>
              {name.toUpperCase()} <span className="quiet">close {formatReturn(price / ema[name] - 1)}</span>
            </dt>
            <dd>{formatPrice(ema[name])}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
