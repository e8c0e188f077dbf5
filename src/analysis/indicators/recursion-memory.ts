/**
 * Rows until a recursion y ← keep·y + … has forgotten its start to `tolerance`.
 * @param keep weight of the previous value, in (0, 1)
 */
export function memory(keep: number, tolerance = 1e-9): number {
  return Math.ceil(Math.log(tolerance) / Math.log(keep));
}
