/** The controls above a report's chart, and the choices that the page's address remembers. */
import { byId } from './page-element.js';

/** Choices that a link to the page carries. */
const REMEMBERED = ['range', 'palette'];

export interface PageAddress {
  get(name: string): string | null;
  /** An empty value forgets the choice. */
  remember(name: string, value: string): void;
}

/** What the query and the fragment ask for; choices are kept in the fragment. */
export function pageAddress(): PageAddress {
  const parameters = new URLSearchParams(`${location.search.slice(1)}&${location.hash.slice(1)}`);
  return {
    get: (name) => parameters.get(name),
    remember(name, value) {
      if (value) parameters.set(name, value);
      else parameters.delete(name);
      const kept = [...parameters].filter(([key]) => REMEMBERED.includes(key));
      history.replaceState(null, '', `#${new URLSearchParams(kept)}`);
    },
  };
}

/** A button for each range. @returns marks the one of that name as the one that is shown */
export function offerRanges<Range extends { readonly name: string }>(
  ranges: readonly Range[],
  choose: (range: Range) => void,
): (name: string) => void {
  const buttons = ranges.map((range) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = range.name;
    button.addEventListener('click', () => choose(range));
    return button;
  });
  byId('ranges').append(...buttons);
  document.querySelector('.controls')?.removeAttribute('hidden');
  return (name) => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.textContent === name));
  };
}

/** The choice of palette; `paint` draws in the one that was chosen. */
export function offerPalettes(address: PageAddress, paint: () => void): void {
  byId('palette-choice').hidden = false;
  const palette = byId<HTMLSelectElement>('palette');
  const wear = (): void => {
    document.documentElement.dataset.palette = palette.value;
  };
  palette.value = address.get('palette') ?? '';
  wear();
  palette.addEventListener('change', () => {
    address.remember('palette', palette.value);
    wear();
    paint();
  });
}

/** The same rows as a chart or as a table; `fill` writes the table when it comes to be seen. */
export function offerTable(fill: () => void): void {
  const show = (asTable: boolean) => () => {
    byId('chart-table').hidden = !asTable;
    byId('chart-frame').hidden = asTable;
    byId('as-table').setAttribute('aria-pressed', String(asTable));
    byId('as-chart').setAttribute('aria-pressed', String(!asTable));
    if (asTable) fill();
  };
  byId('as-table').addEventListener('click', show(true));
  byId('as-chart').addEventListener('click', show(false));
}
