/** Numbers as venues write them: plain decimals, never an exponent, and nothing lost on the way back. */

/** Fewest decimals (at most eight) that write all the values without loss; judged by a sample of them. */
export function decimalsOf(values: Float64Array, most = 8): number {
  let decimals = 0;
  const step = Math.max(1, Math.floor(values.length / 500));
  for (let i = 0; i < values.length; i += step) {
    while (decimals < most && Number(values[i]!.toFixed(decimals)) !== values[i]) decimals += 1;
  }
  return decimals;
}

/** `value` with this many decimals where that loses nothing, else with as many as it needs. */
export function decimalText(value: number, decimals: number): string {
  const fixed = value.toFixed(decimals);
  if (Number(fixed) === value) return fixed;
  const shortest = String(value);
  return shortest.includes('e') ? value.toFixed(20).replace(/0+$/, '') : shortest;
}
