/** Rail, top bar and the page of the address. */
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { changeAddress, openHref, pageHref, useAddress } from '../address/address.js';
import { Empty, Skeleton } from '../ui/states.js';
import { say, Toast } from '../ui/toast.js';
import { useAppliedAppearance } from './appearance.js';
import { CommandPalette } from './command-palette.js';
import { HelpDialog } from './help-dialog.js';
import { useKeys } from './keys.js';
import { PageBoundary } from './page-boundary.js';
import { PAGES, pageOf } from './pages.js';
import { Rail } from './rail.js';
import { chooseTimeframe, type SeriesChoice, useSeriesChoice } from './series-choice.js';
import { TopBar, toggleZone } from './top-bar.js';

const posture = async () => ({ default: (await import('../posture/posture-page.js')).PosturePage });
const majors = async () => ({ default: (await import('../majors/majors-page.js')).MajorsPage });
const lab = async () => ({ default: (await import('../lab/lab-page.js')).LabPage });
const uptrend = async () => ({ default: (await import('../uptrend/uptrend-page.js')).UptrendPage });
const models = async () => ({ default: (await import('../models/models-page.js')).ModelsPage });
const runs = async () => ({ default: (await import('../runs/runs-page.js')).RunsPage });
const known = async () => ({ default: (await import('../known/known-page.js')).KnownPage });
const data = async () => ({ default: (await import('../data/data-page.js')).DataPage });
const settings = async () => ({ default: (await import('../settings/settings-page.js')).SettingsPage });

const PosturePage = lazy(posture);
const MajorsPage = lazy(majors);
const LabPage = lazy(lab);
const UptrendPage = lazy(uptrend);
const ModelsPage = lazy(models);
const RunsPage = lazy(runs);
const KnownPage = lazy(known);
const DataPage = lazy(data);
const SettingsPage = lazy(settings);

/** After the first page stands: the others open at once then, and when the server has gone away. */
const FETCH_OTHERS_AFTER = 1_500;

type Overlay = 'palette' | 'help' | undefined;

function pageContent(path: string, choice: SeriesChoice): ReactNode {
  switch (pageOf(path)?.path ?? (path === '/' ? '/lab' : path)) {
    case '/posture':
      return <PosturePage />;
    case '/majors':
      return <MajorsPage />;
    case '/lab':
      return <LabPage choice={choice} />;
    case '/uptrend':
      return <UptrendPage choice={choice} />;
    case '/models':
      return <ModelsPage choice={choice} />;
    case '/runs':
      return <RunsPage />;
    case '/known':
      return <KnownPage />;
    case '/data':
      return <DataPage />;
    case '/settings':
      return <SettingsPage />;
    default:
      return (
        <Empty title={`There is no page ${path}`} action={<a href={pageHref('/lab')}>Open the regime lab</a>}>
          The address may have been shortened. Pages that exist are in the rail.
        </Empty>
      );
  }
}

function stepTimeframe(choice: SeriesChoice, step: number): void {
  const offered = choice.instrument?.timeframes.map(({ timeframe }) => timeframe) ?? [];
  const next = offered[offered.indexOf(choice.timeframe) + step];
  if (next) chooseTimeframe(next);
}

function copyLink(): void {
  navigator.clipboard.writeText(location.href).then(
    () => say('Link copied'),
    () => say('The browser did not let the link be copied'),
  );
}

export function App() {
  const { path, query } = useAddress();
  const choice = useSeriesChoice();
  const [overlay, setOverlay] = useState<Overlay>();
  useAppliedAppearance();
  useEffect(() => {
    const timer = setTimeout(() => {
      // a page that could not be fetched ahead says so when it is opened
      for (const page of [posture, majors, lab, uptrend, models, runs, known, data, settings])
        void page().catch(() => {});
    }, FETCH_OTHERS_AFTER);
    return () => clearTimeout(timer);
  }, []);
  useKeys({
    ...Object.fromEntries(PAGES.map((page) => [page.key, () => openHref(pageHref(page.path))])),
    'mod+k': () => setOverlay('palette'),
    '?': () => setOverlay('help'),
    '/': () => document.querySelector<HTMLButtonElement>('.series > button')?.click(),
    '[': () => stepTimeframe(choice, -1),
    ']': () => stepTimeframe(choice, 1),
    v: () => changeAddress({ view: query.get('view') === 'smoothed' ? undefined : 'smoothed' }),
    u: toggleZone,
    l: copyLink,
    e: () => document.querySelector<HTMLButtonElement>('.export > button')?.click(),
  });
  const close = (): void => setOverlay(undefined);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Rail />
      <TopBar
        choice={choice}
        reachable={choice.instruments.error?.code !== 'unreachable'}
        openPalette={() => setOverlay('palette')}
      />
      <main id="main" tabIndex={-1}>
        <PageBoundary path={path}>
          <Suspense fallback={<Skeleton lines={8} />}>{pageContent(path, choice)}</Suspense>
        </PageBoundary>
      </main>
      {overlay === 'palette' && <CommandPalette choice={choice} close={close} />}
      {overlay === 'help' && <HelpDialog close={close} />}
      <Toast />
    </>
  );
}
