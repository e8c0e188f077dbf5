/** The last changes of the regime, newest first, each a link to its place on the chart. */
import { Fragment } from 'react';
import { formatDuration, formatProbability } from '../../../src/app/report/number-format.js';
import { regimeColor } from '../../../src/app/report/regime-color.js';
import { useZone } from '../shell/zone.js';
import { Swatch } from '../ui/badge.js';
import { Card } from '../ui/card.js';
import { Empty } from '../ui/states.js';
import { type Row, switchesOf } from './lab-model.js';

interface TimelineCardProps {
  readonly rows: readonly Row[];
  readonly barLength: number;
  readonly show: (time: number) => void;
}

const MOST = 9;

export function TimelineCard({ rows, barLength, show }: TimelineCardProps) {
  const zone = useZone();
  const switches = switchesOf(rows).slice(0, MOST);
  const dayOf = (time: number): string => zone.date(time);
  return (
    <Card title="What changed" scope="regime, filtered" className="timeline">
      {switches.length === 0 && (
        <Empty title="No change">The regime held for all of the last {rows.length} bars.</Empty>
      )}
      <ol>
        {switches.map(({ time, from, to, probability, bars }, index) => (
          <Fragment key={time}>
            {(index === 0 || dayOf(switches[index - 1]!.time) !== dayOf(time)) && (
              <li className="day">{dayOf(time)}</li>
            )}
            <li>
              <button type="button" onClick={() => show(time)} title="Show on the chart">
                <span className="quiet">{zone.time(time).split(' ')[3]}</span>
                <span className="nowrap">
                  <span className="quiet">{from} → </span>
                  <Swatch color={regimeColor(to)} />
                  {to}
                </span>
                <span className="quiet">{formatProbability(probability)}</span>
                <span className="quiet" title={index === 0 ? 'So far' : 'How long it held'}>
                  {formatDuration(bars * barLength)}
                </span>
              </button>
            </li>
          </Fragment>
        ))}
      </ol>
    </Card>
  );
}
