/** Where each case lives. A file is loaded only when one of its cases is asked for. */
import type { BenchCase } from './bench-case.js';

interface CaseFile {
  /** Beginnings of the work ids that the file answers. */
  readonly prefixes: readonly string[];
  readonly file: string;
  readonly name: string;
}

const CASE_FILES: readonly CaseFile[] = [
  { prefixes: ['hmm.', 'regime.'], file: './hmm.js', name: 'hmmCases' },
  { prefixes: ['regime.walk-forward'], file: './walk-forward.js', name: 'walkForwardCases' },
  { prefixes: ['regime.'], file: './regime.js', name: 'regimeCases' },
  { prefixes: ['ind.'], file: './indicators.js', name: 'indicatorCases' },
  { prefixes: ['lake.import', 'import.'], file: './import.js', name: 'importCases' },
  { prefixes: ['api.'], file: './api.js', name: 'apiCases' },
  { prefixes: ['app.'], file: './app.js', name: 'appCases' },
  { prefixes: ['uptrend.'], file: './uptrend.js', name: 'uptrendCases' },
  { prefixes: ['posture.'], file: './posture.js', name: 'postureCases' },
  { prefixes: ['drivers.'], file: './drivers.js', name: 'driversCases' },
  { prefixes: ['drivers.resume.'], file: './resume.js', name: 'resumeCases' },
  { prefixes: ['store.'], file: './store.js', name: 'storeCases' },
  { prefixes: ['ingest.'], file: './ingest.js', name: 'ingestCases' },
  { prefixes: ['live.'], file: './live.js', name: 'liveCases' },
  { prefixes: ['live.'], file: './live-api.js', name: 'liveApiCases' },
  { prefixes: ['live.hours.'], file: './live-hours.js', name: 'liveHoursCases' },
  { prefixes: ['panel.', 'majors-alts.'], file: './majors-alts.js', name: 'majorsAltsCases' },
  { prefixes: ['lake.'], file: './lake.js', name: 'lakeCases' },
];

async function load(entry: CaseFile): Promise<readonly BenchCase[]> {
  try {
    const module = (await import(entry.file)) as Record<string, readonly BenchCase[]>;
    return module[entry.name] ?? [];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(entry.file.slice(2))) return [];
    throw error;
  }
}

/** The case with this id, or undefined when nothing here does that work. */
export async function findCase(work: string): Promise<BenchCase | undefined> {
  for (const entry of CASE_FILES) {
    if (!entry.prefixes.some((prefix) => work.startsWith(prefix))) continue;
    const found = (await load(entry)).find((candidate) => candidate.work === work);
    if (found) return found;
  }
  return undefined;
}

/** Every case whose id contains one of the names; all of them when no name is given. */
export async function selectCases(names: readonly string[]): Promise<BenchCase[]> {
  const cases = (await Promise.all(CASE_FILES.map(load))).flat();
  return names.length === 0 ? cases : cases.filter(({ work }) => names.some((name) => work.includes(name)));
}
