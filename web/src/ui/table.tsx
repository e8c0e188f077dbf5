/** A dense table told by its columns; the first names its row. Wider than its card it scrolls, never the page. */
import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly head: ReactNode;
  /** The head is for readers alone. */
  readonly isSilent?: boolean;
  /** Classes of head and cells: `word` stands left, `wide` is left out on a phone. */
  readonly kind?: string;
  /** Further classes of the cells. */
  readonly look?: string | ((row: Row) => string);
  /** What the numbers mean, on the head; or on each cell. */
  readonly title?: string | ((row: Row) => string);
  /** Names the rows, where that is not the first column. */
  readonly isName?: boolean;
  cell(row: Row): ReactNode;
}

interface TableProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  keyOf(row: Row): string | number;
  /** The row that the page shows. */
  isCurrent?(row: Row): boolean;
  /** Rows at the end with a shape of their own. */
  readonly after?: ReactNode;
  readonly className?: string;
  /** Names a region that is reached by keyboard because it scrolls in itself. */
  readonly region?: string;
  readonly regionClass?: string;
}

export function Table<Row>(props: TableProps<Row>) {
  const { columns, rows, keyOf, isCurrent, after, className = '', region, regionClass = '' } = props;
  const named = Math.max(
    0,
    columns.findIndex(({ isName }) => isName),
  );
  const table = (
    <table className={`table ${className}`.trim()}>
      <thead>
        <tr>
          {columns.map(({ head, isSilent, kind, title }, at) => (
            <th
              scope="col"
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name
              key={at}
              className={kind}
              title={typeof title === 'string' ? title : undefined}
            >
              {isSilent ? <span className="for-readers">{head}</span> : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} aria-current={isCurrent?.(row)}>
            {columns.map((column, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name
              <Cell key={at} column={column} row={row} isName={at === named} />
            ))}
          </tr>
        ))}
        {after}
      </tbody>
    </table>
  );
  if (region === undefined) return <div className="scroll">{table}</div>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={`scroll ${regionClass}`.trim()} aria-label={region} tabIndex={0}>
      {table}
    </section>
  );
}

interface CellProps<Row> {
  readonly column: Column<Row>;
  readonly row: Row;
  readonly isName: boolean;
}

function Cell<Row>({ column: { kind, look, title, cell }, row, isName }: CellProps<Row>) {
  const classes = [kind, typeof look === 'function' ? look(row) : look].filter(Boolean).join(' ');
  const rest = {
    className: classes || undefined,
    title: typeof title === 'function' ? title(row) : undefined,
  };
  return isName ? (
    <th scope="row" {...rest}>
      {cell(row)}
    </th>
  ) : (
    <td {...rest}>{cell(row)}</td>
  );
}
