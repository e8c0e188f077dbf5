/** The pages that exist, with their key, address and icon: rail, palette and key bindings read this list. */
import type { IconName } from './icons.js';

export interface Page {
  readonly path: string;
  readonly name: string;
  /** Where there is little room. */
  readonly short: string;
  /** Single key that opens it; the numbers are the design's. */
  readonly key: string;
  readonly icon: IconName;
  readonly group: 'Watch' | 'Study' | 'Operate' | '';
  /** Stands in the bar of a phone; the others are behind its More. */
  readonly first: boolean;
  /** Command line that tells the same. */
  readonly command: string;
}

export const PAGES: readonly Page[] = [
  {
    path: '/posture',
    name: 'Posture',
    short: 'Posture',
    key: '2',
    icon: 'posture',
    group: 'Watch',
    first: true,
    command: 'tidewatch drivers ae --explain',
  },
  {
    path: '/majors',
    name: 'Majors vs alts',
    short: 'Majors',
    key: '3',
    icon: 'majors',
    group: 'Watch',
    first: true,
    command: 'tidewatch monitor run',
  },
  {
    path: '/lab',
    name: 'Regime lab',
    short: 'Lab',
    key: '4',
    icon: 'lab',
    group: 'Study',
    first: true,
    command: 'tidewatch regime history',
  },
  {
    path: '/uptrend',
    name: 'Uptrend',
    short: 'Uptrend',
    key: '5',
    icon: 'uptrend',
    group: 'Study',
    first: true,
    command: 'tidewatch uptrend explain',
  },
  {
    path: '/models',
    name: 'Models',
    short: 'Models',
    key: 'm',
    icon: 'models',
    group: 'Study',
    first: false,
    command: 'tidewatch model list',
  },
  {
    path: '/runs',
    name: 'Runs',
    short: 'Runs',
    key: '6',
    icon: 'runs',
    group: 'Study',
    first: false,
    command: 'tidewatch model compare',
  },
  {
    path: '/known',
    name: 'As it was known',
    short: 'Known',
    key: 'k',
    icon: 'known',
    group: 'Study',
    first: false,
    command: 'tidewatch model walk-forward',
  },
  {
    path: '/data',
    name: 'Data',
    short: 'Data',
    key: '9',
    icon: 'data',
    group: 'Operate',
    first: false,
    command: 'tidewatch lake gaps',
  },
  {
    path: '/settings',
    name: 'Settings',
    short: 'Settings',
    key: ',',
    icon: 'settings',
    group: '',
    first: false,
    command: 'tidewatch doctor config',
  },
];

/** Page of an address: `/runs/<id>` belongs to Runs. */
export function pageOf(path: string): Page | undefined {
  return PAGES.find((page) => path === page.path || path.startsWith(`${page.path}/`));
}
