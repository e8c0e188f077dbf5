/**
 * mulberry32 (T. Ettinger 2017): the generator that the grid search of spec majors-alts-monitor §5 is defined by. Used for
 * nothing else; `market/random.ts` is the generator of the product.
 */

/** A stream of uniform numbers in [0, 1) with 32 random bits. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
