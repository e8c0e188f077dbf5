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

const ZEROS = Array.from({ length: 21 }, (_, count) => '0'.repeat(count));

/** `value` with this many decimals where that loses nothing, else with as many as it needs. */
export function decimalText(value: number, decimals: number): string {
  // the shortest text that reads back as the value; padding it is several times faster than toFixed and a check
  const text = String(value);
  if (text.includes('e')) return value.toFixed(20).replace(/\.?0+$/, '');
  const dot = text.indexOf('.');
  if (dot < 0) return decimals === 0 ? text : `${text}.${ZEROS[decimals]}`;
  const missing = decimals - (text.length - dot - 1);
  return missing > 0 ? `${text}${ZEROS[missing]}` : text;
}
