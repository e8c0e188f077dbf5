/** Gives the reader a file: CSV or JSON of the rows, PNG of the picture. Times are UTC whatever the page shows. */

export function saveText(name: string, type: string, text: string): void {
  save(name, new Blob([text], { type }));
}

/** A file name from words: nothing that a file system minds. */
export function fileName(words: readonly string[], ending: string): string {
  return `${words.join('_').replace(/[^A-Za-z0-9._-]+/g, '-')}.${ending}`;
}

export function saveCanvas(name: string, canvas: HTMLCanvasElement): void {
  canvas.toBlob((blob) => {
    if (blob) save(name, blob);
  }, 'image/png');
}

function save(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // the download has its own hold of the data by then
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Columns that hold epoch ms: in CSV they are ISO-8601 with `Z`. */
const TIMES: ReadonlySet<string> = new Set(['timestamp', 'since']);

/** A row per line; commas, quotes and line ends inside a cell are quoted. Times are ISO-8601 with `Z`. */
export function csvOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const times = head.map((name) => TIMES.has(name));
  const cell = (value: string | number, at: number): string => {
    const text = times[at] && typeof value === 'number' ? new Date(value).toISOString() : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}
