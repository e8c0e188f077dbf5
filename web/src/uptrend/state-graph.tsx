/** The states and the ways between them, the present one filled, ways that may be taken next drawn full. */
import type { State } from './uptrend-content.js';

const NODES: readonly State[] = ['S4', 'S0', 'S1', 'S2', 'S3'];
const STEP = 58;
const WIDTH = 32;
const HEIGHT = 26;
const TOP = 2;

const left = (state: State): number => NODES.indexOf(state) * STEP;
const middle = TOP + HEIGHT / 2;

interface StateGraphProps {
  readonly state: State;
  /** States that can follow. */
  readonly next: readonly State[];
}

/** A straight way to the neighbour on the right or on the left. */
function straight(from: State, to: State): string {
  const isRight = left(to) > left(from);
  const y = isRight ? middle - 4 : middle + 4;
  const start = isRight ? left(from) + WIDTH + 1 : left(from) - 1;
  const end = isRight ? left(to) - 5 : left(to) + WIDTH + 5;
  return `M${start} ${y}H${end}`;
}

/** A way around below the nodes. */
function around(from: State, to: State, depth: number): string {
  const bottom = TOP + HEIGHT + 1;
  return `M${left(from) + WIDTH / 2} ${bottom}V${bottom + depth}H${left(to) + WIDTH / 2 + 5}V${bottom + 6}`;
}

const WAYS: readonly { readonly from: State; readonly to: State; readonly path: string }[] = [
  { from: 'S4', to: 'S0', path: straight('S4', 'S0') },
  { from: 'S0', to: 'S1', path: straight('S0', 'S1') },
  { from: 'S1', to: 'S0', path: straight('S1', 'S0') },
  { from: 'S1', to: 'S2', path: straight('S1', 'S2') },
  { from: 'S2', to: 'S1', path: straight('S2', 'S1') },
  { from: 'S2', to: 'S3', path: straight('S2', 'S3') },
  { from: 'S3', to: 'S0', path: around('S3', 'S0', 14) },
];

export function StateGraph({ state, next }: StateGraphProps) {
  return (
    <svg
      className="state-graph"
      viewBox={`-2 0 ${4 * STEP + WIDTH + 4} 50`}
      role="img"
      aria-label={`${state}, can become ${next.join(' or ') || 'no other state yet'}`}
    >
      <defs>
        {['arrow', 'arrow-next'].map((id) => (
          <marker
            key={id}
            id={id}
            viewBox="0 0 6 6"
            refX="3"
            refY="3"
            markerWidth="6"
            markerHeight="6"
            orient="auto"
          >
            <path d="M0 0.5L5 3L0 5.5Z" className={id} />
          </marker>
        ))}
      </defs>
      {WAYS.map(({ from, to, path }) => {
        const isNext = from === state && next.includes(to);
        return (
          <path
            key={from + to}
            d={path}
            className={isNext ? 'way next' : 'way'}
            markerEnd={`url(#${isNext ? 'arrow-next' : 'arrow'})`}
          />
        );
      })}
      {NODES.map((each) => (
        <g key={each} className={`node ${each.toLowerCase()} ${each === state ? 'present' : ''}`}>
          <rect x={left(each)} y={TOP} width={WIDTH} height={HEIGHT} rx="6" />
          <text x={left(each) + WIDTH / 2} y={middle + 4}>
            {each}
          </text>
        </g>
      ))}
    </svg>
  );
}
