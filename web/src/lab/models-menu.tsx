/** The saved models of the series to choose from. */
import { pageHref, useAddress } from '../address/address.js';
import { Link } from '../address/link.js';
import { useZone } from '../shell/zone.js';
import { Menu } from '../ui/menu.js';
import { familyName, type ModelSummary, shortModelName } from './lab-model.js';

export function ModelsMenu({
  models,
  chosen,
}: {
  models: readonly ModelSummary[];
  chosen: string | undefined;
}) {
  const address = useAddress();
  const zone = useZone();
  return (
    <Menu
      align="end"
      face={
        <>
          Models <span className="quiet">{models.length}</span>
        </>
      }
    >
      {(close) => (
        <ul className="options">
          {models.map((model) => (
            <li key={model.id}>
              <Link
                href={pageHref('/lab', { model: model.id }, address)}
                aria-current={model.id === chosen}
                onClick={close}
              >
                <b>
                  {familyName(model)}, {model.n_states} states
                </b>
                <code>{shortModelName(model)}</code>
                <span className="quiet">{zone.date(model.ts)}</span>
              </Link>
            </li>
          ))}
          <li>
            <Link href={pageHref('/models', {}, address)} onClick={close}>
              All models
            </Link>
          </li>
        </ul>
      )}
    </Menu>
  );
}
