/** The scale of the chart in words. */

const UNITS: readonly (readonly [number, string])[] = [
  [604_800_000, 'w'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];

/** `4 h` of 14,400,000. */
export function bucketName(bucket: number): string {
  const [length, unit] = UNITS.find(([size]) => bucket % size === 0) ?? [60_000, 'm'];
  return `${bucket / length} ${unit}`;
}

/** @param merged how a row of several bars came about, with `{bar}` for the length of one */
export function scaleWords(bucket: number, barLength: number, merged: string, zone: string): string {
  const scale = `1 bar = ${bucketName(bucket)}`;
  if (bucket === barLength) return `${scale}. Times are ${zone}.`;
  return `${scale}, ${merged.replace('{bar}', bucketName(barLength))}. Times are ${zone}.`;
}
