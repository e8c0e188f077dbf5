import { describe, expect, it } from 'vitest';
import { labelColour, labelStates, returnOrder } from '../../../src/analysis/models/labels.js';
import { goldenFiles, goldenJson } from '../golden-files.js';
import { FOLDER } from './golden-hmm.js';

interface LabelFile {
  readonly palette: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly name: string;
    readonly avg_return: readonly (number | null)[];
    readonly order: readonly number[];
    readonly labels: Readonly<Record<string, string>>;
    readonly colors: Readonly<Record<string, string>>;
  }[];
}

const files = goldenFiles(FOLDER, /^labels.*\.json$/).map((file) => goldenJson<LabelFile>(FOLDER, file));
const cases = files.flatMap((file) => file.cases);

describe('golden labels', () => {
  it('has cases, or the folder holds none', () => {
    expect(cases.length > 0).toBe(files.length > 0);
  });

  it.each(cases.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const states = golden.avg_return.map((averageReturn) => ({ averageReturn }));
    const labels = labelStates(states);
    expect(returnOrder(states)).toEqual(golden.order);
    expect({ ...labels }).toEqual(golden.labels);
    expect({ ...labels.map(labelColour) }).toEqual(golden.colors);
  });

  it.each(files.flatMap(({ palette }) => Object.entries(palette)))('%s is %s', (label, colour) => {
    expect(labelColour(label)).toBe(colour);
  });
});
