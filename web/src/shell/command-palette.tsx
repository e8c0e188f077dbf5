/** Ctrl K: pages, instruments and commands by name, each with the command line that tells the same. */
import { useId, useState } from 'react';
import { openHref, pageHref } from '../address/address.js';
import { Dialog } from '../ui/dialog.js';
import { chooseTheme } from './appearance.js';
import { PAGES } from './pages.js';
import { chooseInstrument, chooseTimeframe, type SeriesChoice, venueOf } from './series-choice.js';
import { toggleZone } from './top-bar.js';

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly note: string;
  act(): void;
}

const MOST_SHOWN = 12;

function entriesOf({ instruments, instrument }: SeriesChoice): Entry[] {
  return [
    ...PAGES.map(
      (page): Entry => ({
        name: page.name,
        kind: 'Page',
        note: page.command,
        act: () => openHref(pageHref(page.path)),
      }),
    ),
    {
      name: 'Train a model',
      kind: 'Run',
      note: 'tidewatch model train',
      act: () => openHref(pageHref('/lab', { train: '1' })),
    },
    {
      name: 'Fetch history',
      kind: 'Run',
      note: 'tidewatch fetch candles',
      act: () => openHref(pageHref('/data', { fetch: '1' })),
    },
    { name: 'Dark theme', kind: 'Look', note: '', act: () => chooseTheme('dark') },
    { name: 'Light theme', kind: 'Look', note: '', act: () => chooseTheme('light') },
    { name: 'Times in UTC or local', kind: 'Look', note: 'U', act: toggleZone },
    ...(instrument?.timeframes ?? []).map(
      ({ timeframe }): Entry => ({
        name: `${instrument!.display} ${timeframe}`,
        kind: 'Timeframe',
        note: `--tf ${timeframe}`,
        act: () => chooseTimeframe(timeframe),
      }),
    ),
    ...(instruments.data ?? []).map(
      (each): Entry => ({
        name: `${each.display} ${venueOf(each)}`,
        kind: 'Symbol',
        note: `--symbol ${each.instrument_id}`,
        act: () => chooseInstrument(each.instrument_id),
      }),
    ),
  ];
}

function matches({ name, note }: Entry, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hay = `${name} ${note}`.toLowerCase();
  return words.every((word) => hay.includes(word));
}

export function CommandPalette({ choice, close }: { choice: SeriesChoice; close: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const found = entriesOf(choice)
    .filter((entry) => matches(entry, text))
    .slice(0, MOST_SHOWN);
  const run = (entry: Entry | undefined): void => {
    if (!entry) return;
    close();
    entry.act();
  };
  return (
    <Dialog title="Search or run" close={close} className="palette">
      <input
        type="text"
        role="combobox"
        aria-label="Search pages, symbols and commands"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[at] ? `${list}-${at}` : undefined}
        placeholder="Page, symbol or command"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
          else if (event.key === 'Enter') run(found[at]);
          else return;
          event.preventDefault();
        }}
      />
      <div id={list} role="listbox" aria-label="Found">
        {found.map((entry, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text box, which names the option
          // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the text box runs it
          <div
            key={`${entry.kind} ${entry.name} ${entry.note}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => run(entry)}
          >
            <span className="kind">{entry.kind}</span>
            <b>{entry.name}</b>
            <code>{entry.note}</code>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="footnote">Nothing is called “{text}”.</p>}
    </Dialog>
  );
}
