/** The left rail; on a phone the bar at the bottom. */
import { pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { Menu } from '../ui/menu.js';
import { Icon, Mark } from './icons.js';
import { PAGES, type Page, pageOf } from './pages.js';

function PageLink({ page, current }: { page: Page; current: boolean }) {
  const address = useAddress();
  return (
    <Link
      href={pageHref(page.path, {}, address)}
      className={page.first ? 'rail-link' : 'rail-link rest'}
      aria-current={current ? 'page' : undefined}
      aria-keyshortcuts={page.key}
    >
      <Icon name={page.icon} />
      <span className="rail-name">{page.name}</span>
      <span className="rail-short" aria-hidden="true">
        {page.short}
      </span>
      <kbd>{page.key}</kbd>
    </Link>
  );
}

const GROUPS = [...new Set(PAGES.map(({ group }) => group))].filter((group) => group !== '');

export function Rail() {
  const address = useAddress();
  const here = pageOf(address.path);
  const link = (page: Page) => <PageLink key={page.path} page={page} current={page === here} />;
  return (
    <nav className="rail" aria-label="Pages">
      <Link href={pageHref('/lab', {}, address)} className="brand" aria-label="Tidewatch, regime lab">
        <Mark />
        <b>Tidewatch</b>
      </Link>
      {GROUPS.map((group) => (
        <div className="rail-group" key={group}>
          <p aria-hidden="true">{group}</p>
          {PAGES.filter((page) => page.group === group).map(link)}
        </div>
      ))}
      <Menu
        className="rail-more"
        align="end"
        face={
          <>
            <Icon name={here && !here.first ? here.icon : 'more'} />
            {here && !here.first ? here.short : 'More'}
          </>
        }
        label="More pages"
      >
        {(close) => (
          <ul className="options">
            {PAGES.filter(({ first }) => !first).map((page) => (
              <li key={page.path}>
                <Link
                  href={pageHref(page.path, {}, address)}
                  aria-current={page === here ? 'true' : undefined}
                  onClick={close}
                >
                  <Icon name={page.icon} />
                  {page.name}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Menu>
      <div className="rail-end">
        {PAGES.filter((page) => page.group === '').map(link)}
        <p className="credit">
          Charts:{' '}
          <a href="https://www.tradingview.com/" rel="noreferrer" target="_blank">
            TradingView
          </a>
          <br />
          Lightweight Charts
        </p>
      </div>
    </nav>
  );
}
