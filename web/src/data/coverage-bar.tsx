/** Where on the common time axis a series has bars; with its gaps drawn in when they are known. */

interface CoverageBarProps {
  readonly first: number;
  readonly last: number;
  /** The axis. */
  readonly from: number;
  readonly to: number;
  readonly gaps?: readonly { readonly from: number; readonly to: number }[];
}

export function CoverageBar({ first, last, from, to, gaps = [] }: CoverageBarProps) {
  const percent = (time: number): number =>
    Math.max(0, Math.min(100, ((time - from) / (to - from || 1)) * 100));
  const width = Math.max(0.4, percent(last) - percent(first));
  return (
    <span className="coverage-bar" aria-hidden="true">
      <i style={{ left: `${percent(first)}%`, width: `${width}%` }} />
      {gaps.map((gap) => (
        <em
          key={gap.from}
          style={{
            left: `${percent(gap.from)}%`,
            width: `max(2px, ${percent(gap.to) - percent(gap.from)}%)`,
          }}
        />
      ))}
    </span>
  );
}
