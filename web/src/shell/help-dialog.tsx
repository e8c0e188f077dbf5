/** `?`: every key, grouped by what it moves. */
import { Dialog } from '../ui/dialog.js';
import { PAGES } from './pages.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'search pages, symbols, commands'],
  ['/', 'choose the symbol'],
  ['[  ]', 'finer or coarser timeframe'],
  ['V', 'filtered or smoothed'],
  ['U', 'UTC or your own zone'],
  ['L', 'copy the link of what you see'],
  ['E', 'export'],
  ['←  →', 'on the chart: one bar, with Shift ten'],
  ['+  −', 'on the chart: zoom'],
  ['Enter', 'on the uptrend chart: pin the bar, as a click does'],
  ['Home  End', 'on the chart: first or last bar'],
  ['Esc', 'close'],
];

export function HelpDialog({ close }: { close: () => void }) {
  const pages = PAGES.map((page): readonly [string, string] => [page.key.toUpperCase(), page.name]);
  const rows = (list: readonly (readonly [string, string])[]) =>
    list.map(([key, words]) => (
      <div key={key}>
        <dt>
          <kbd>{key}</kbd>
        </dt>
        <dd>{words}</dd>
      </div>
    ));
  return (
    <Dialog title="Keys" close={close}>
      <dl className="keys">{rows(pages)}</dl>
      <dl className="keys">{rows(KEYS)}</dl>
      <p className="footnote">No single key changes data. Keys are off while you type.</p>
      <p className="actions">
        <button type="button" className="button" onClick={close}>
          Close
        </button>
      </p>
    </Dialog>
  );
}
