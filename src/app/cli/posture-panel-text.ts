/** The panel of a start for a terminal: newest values with their age, states per driver, A and E, balances, switches. */
import { spanOf } from '../drivers/driver-cells.js';
import type { BootstrapReport } from '../process/bootstrap.js';
import type { PosturePanel } from '../process/posture-panel.js';
import type { SwitchesPanel } from '../process/trading-steps.js';
import { number, renderTable, type Style, text } from './output.js';

/** @returns nothing where the report has no panel */
export function panelText({ steps }: BootstrapReport, style: Style): string {
  const panel = steps.find(({ details }) => details.panel !== undefined)?.details.panel;
  const switches = steps.find(({ details }) => details.switches !== undefined)?.details.switches;
  const money = switches === undefined ? '' : switchesText(switches as SwitchesPanel);
  if (panel === undefined) return money;
  const { values, states, posture } = panel as PosturePanel;
  const newestOf = (driver: string): string[] => {
    const row = values.find((each) => each.driver === driver);
    if (row === undefined || row.value === null || row.age_ms === null) return ['', ''];
    return [row.value.toFixed(2), spanOf(row.age_ms)];
  };
  return [
    renderTable(
      [text('Driver'), number('Last'), number('Age'), text('1d'), text('1h'), text('1m')],
      states.map((row) => [row.driver, ...newestOf(row.driver), row['1d'], row['1h'], row['1m']]),
      style,
    ),
    renderTable(
      [text('Bucket'), number('A'), number('E'), number('Live weight')],
      posture.map(({ bucket, a, e, coverage }) => [
        bucket,
        a.toFixed(3),
        e.toFixed(3),
        `${Math.round(100 * coverage)} %`,
      ]),
      style,
    ),
    money,
  ]
    .filter(Boolean)
    .join('\n');
}

function switchesText({ mode, actions, wallets }: SwitchesPanel): string {
  return `Mode ${mode}, actions ${actions ? 'on' : 'off'}, balances: ${wallets === 0 ? 'no wallet' : wallets}`;
}
