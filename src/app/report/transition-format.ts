/** How a transition probability is written in a heat map's cell. */

/** `.936`, `0` below half a thousandth, `> .999` where rounding would claim certainty. */
export function formatTransition(probability: number): string {
  if (probability < 0.0005) return '0';
  if (probability >= 0.9995) return probability === 1 ? '1' : '> .999';
  return probability.toFixed(3).slice(1);
}
