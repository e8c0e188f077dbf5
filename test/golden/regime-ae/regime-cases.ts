/** Cases of the golden regime files, whichever are there, grouped so that a report says which kind fails. */
import { goldenFiles, goldenText } from '../golden-files.js';

const FOLDER = 'regime-ae';

export interface RegimeCase {
  readonly id: string;
  readonly kind?: string;
  readonly type?: string;
  readonly note?: string;
  // Each kind of case has its own shape; the suite of that kind says which.
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: unknown;
}

interface CaseGroup {
  readonly file: string;
  /** What the cases of the group have in common: kind or type. */
  readonly name: string;
  readonly cases: readonly RegimeCase[];
}

/** Groups of all files of the folder whose cases are of this shape. */
export function caseGroups(isOurs: (one: RegimeCase, file: string) => boolean): CaseGroup[] {
  return goldenFiles(FOLDER, /\.jsonl$/).flatMap((file) => {
    const groups = new Map<string, RegimeCase[]>();
    for (const line of goldenText(FOLDER, file).split('\n')) {
      if (line.trim() === '') continue;
      const one = JSON.parse(line) as RegimeCase;
      if (!isOurs(one, file)) continue;
      const name = one.kind ?? one.type ?? file.replace(/\.jsonl$/, '');
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    return [...groups].map(([name, cases]) => ({ file, name, cases }));
  });
}

/** Seconds of the files in the product's milliseconds. */
export const milliseconds = (seconds: number): number => seconds * 1000;
