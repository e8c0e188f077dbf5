/** What is looked at, search, mode badges, zone. */
import { changeAddress, useAddress } from '../address/address.js';
import { PostureChoice } from '../posture/posture-choice.js';
import { Badge } from '../ui/badge.js';
import { Icon } from './icons.js';
import { type SeriesChoice, SeriesPicker } from './series-choice.js';
import { useZone } from './zone.js';

interface TopBarProps {
  readonly choice: SeriesChoice;
  readonly reachable: boolean;
  readonly openPalette: () => void;
}

export function TopBar({ choice, reachable, openPalette }: TopBarProps) {
  const zone = useZone();
  const { path } = useAddress();
  return (
    <div className="top-bar">
      {path === '/posture' && <PostureChoice />}
      {path !== '/posture' && path !== '/majors' && <SeriesPicker choice={choice} />}
      <div className="top-end">
        <button type="button" className="button search" onClick={openPalette} aria-keyshortcuts="Control+K">
          <Icon name="search" />
          <span className="quiet">Search or run…</span>
          <kbd>Ctrl K</kbd>
        </button>
        {!reachable && <Badge tone="bad">Offline</Badge>}
        <Badge tone="plain" title="Nothing here sends an order">
          Study
        </Badge>
        <button
          type="button"
          className="button zone"
          aria-keyshortcuts="u"
          title="Show times in UTC or in your own zone (U)"
          onClick={toggleZone}
        >
          {zone.name}
        </button>
      </div>
    </div>
  );
}

export function toggleZone(): void {
  const isLocal = new URLSearchParams(location.search).get('zone') === 'local';
  changeAddress({ zone: isLocal ? undefined : 'local' });
}
