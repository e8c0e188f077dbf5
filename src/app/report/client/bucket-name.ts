/** How long one bar of a level of detail is, in words. No DOM. */

const BUCKET_UNITS: readonly [ms: number, name: string][] = [
  [604_800_000, 'week'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];

/** `4 h`, `1 week`. @param bucket ms, whole minutes */
export function bucketName(bucket: number): string {
  const [length, unit] = BUCKET_UNITS.find(([size]) => bucket % size === 0) ?? [60_000, 'm'];
  return `${bucket / length} ${unit}`;
}
