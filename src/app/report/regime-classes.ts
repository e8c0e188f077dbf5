/** What a regime looks like in a style sheet: its colour and its hatch, for the report and the dashboard alike. */

const STATES = ['strong-bear', 'bear', 'chop', 'chop-1', 'chop-2', 'chop-3', 'chop-4', 'bull', 'strong-bull'];

/** Bear is hatched, Strong Bear crossed, Chop lined, Bull plain: colour is never alone. */
function hatch(name: string): string {
  const line = 'color-mix(in srgb,var(--regime) 55%,transparent)';
  const slanted = (degrees: number): string =>
    `repeating-linear-gradient(${degrees}deg,${line} 0 1px,transparent 1px 5px)`;
  if (name === 'strong-bear') return `${slanted(-45)},${slanted(45)}`;
  if (name === 'bear') return slanted(-45);
  if (name.startsWith('chop')) return `repeating-linear-gradient(0deg,${line} 0 1px,transparent 1px 4px)`;
  return 'none';
}

/** One class per regime colour, with `--regime` and `--hatch`. */
export function regimeClassStyles(): string {
  return [...STATES, 'unobserved']
    .map((name) => `.${name}{--regime:var(--regime-${name});--hatch:${hatch(name)}}`)
    .join('');
}
