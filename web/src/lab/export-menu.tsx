/** Export what is on the screen: rows as CSV or JSON, the picture as PNG. */
import { csvOf, fileName, saveCanvas, saveText } from '../export/save-file.js';
import { Icon } from '../shell/icons.js';
import { Menu } from '../ui/menu.js';
import type { ExportTable } from './chart-rows.js';

interface ExportMenuProps {
  /** Words of the file's name. */
  readonly name: readonly string[];
  readonly table: () => ExportTable | undefined;
  readonly picture?: () => HTMLCanvasElement | undefined;
}

export function ExportMenu({ name, table, picture }: ExportMenuProps) {
  const acts: [string, () => void][] = [
    [
      'CSV, rows in view',
      () => {
        const found = table();
        if (found) saveText(fileName(name, 'csv'), 'text/csv', csvOf(found.head, found.rows));
      },
    ],
    [
      'JSON, rows in view',
      () => {
        const found = table();
        if (!found) return;
        const objects = found.rows.map((row) =>
          Object.fromEntries(found.head.map((head, index) => [head, row[index] === '' ? null : row[index]])),
        );
        saveText(fileName(name, 'json'), 'application/json', `${JSON.stringify(objects, null, 1)}\n`);
      },
    ],
  ];
  if (picture) {
    acts.push([
      'PNG, the chart',
      () => {
        const canvas = picture();
        if (canvas) saveCanvas(fileName(name, 'png'), canvas);
      },
    ]);
  }
  return (
    <Menu
      className="export"
      align="end"
      face={
        <>
          <Icon name="export" />
          Export
        </>
      }
    >
      {(close) => (
        <ul className="options">
          {acts.map(([words, act]) => (
            <li key={words}>
              <button
                type="button"
                onClick={() => {
                  close();
                  act();
                }}
              >
                {words}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Menu>
  );
}
