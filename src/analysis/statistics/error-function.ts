/**
 * erfc and what follows from it: the normal distribution and the upper tail of χ² with whole degrees of freedom.
 *
 * Method: Maclaurin series below 2, Lentz's continued fraction above (Abramowitz, Stegun 7.1.5 and 7.1.14); both
 * converge to about 1e-15 relative. χ² tails step up from erfc or e^−x by the recurrence of the incomplete gamma
 * function (6.5.21 there). Known limit: about 60 multiplications a call, so not for inner loops over millions of rows.
 */

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
/** Where the continued fraction becomes the faster one. */
const SERIES_LIMIT = 2;
const TINY = 1e-300;

/** 1 − erf(x). */
export function complementaryError(x: number): number {
  if (x < 0) return 2 - complementaryError(-x);
  if (x < SERIES_LIMIT) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - TWO_OVER_ROOT_PI * sum;
  }
  if (x > 27) return 0;
  // erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …))))
  let fraction = x;
  let numerator = x;
  let denominator = 0;
  for (let n = 1; n < 500; n += 1) {
    const a = n / 2;
    denominator = x + a * denominator;
    denominator = 1 / (denominator || TINY);
    numerator = x + a / (numerator || TINY);
    const change = numerator * denominator;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return (Math.exp(-x * x) / fraction) * (TWO_OVER_ROOT_PI / 2);
}

/** P(Z ≤ z) of a standard normal Z. */
export function normalProbability(z: number): number {
  return complementaryError(-z / Math.SQRT2) / 2;
}

/** Two-sided p-value of a standard normal z. */
export function twoSidedNormal(z: number): number {
  return complementaryError(Math.abs(z) / Math.SQRT2);
}

/** P(X > value) of a χ² variable with whole degrees of freedom ≥ 1. */
export function chiSquaredTail(value: number, degrees: number): number {
  if (!(value > 0)) return 1;
  const x = value / 2;
  const isOdd = degrees % 2 === 1;
  let a = isOdd ? 0.5 : 1;
  let tail = isOdd ? complementaryError(Math.sqrt(x)) : Math.exp(-x);
  // x^a e^(−x) / Γ(a + 1)
  let term = isOdd ? Math.sqrt(x) * Math.exp(-x) * TWO_OVER_ROOT_PI : x * Math.exp(-x);
  while (a < degrees / 2 - 1e-9) {
    tail += term;
    a += 1;
    term *= x / a;
  }
  return Math.min(1, tail);
}
