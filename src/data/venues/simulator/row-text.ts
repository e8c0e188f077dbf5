/**
 * Closed bars as bytes, written once and served as slices: the way on which a page costs two copies and no formatting.
 * Blocks of 1,024 rows; when they take more than the memory they may, the ones made first go.
 */
import type { Page } from './protocol.js';

const BLOCK = 1024;

interface Block {
  readonly bytes: Buffer;
  /** Where each row starts, in the order of the block, and where the last one ends; every row ends with a comma. */
  readonly starts: Uint32Array;
}

const OPEN = Buffer.from('');

export class RowText {
  private readonly blocks = new Map<string, Block>();
  private bytes = 0;

  constructor(private readonly mostBytes: number) {}

  /** The whole document of a page that no fault touches. */
  document(venue: string, page: Page): Buffer {
    const rows = page.rows.map((row) => page.writeRow(row));
    if (!page.range || page.range.first === page.range.last) {
      const ordered = page.newestFirst ? rows.reverse() : rows;
      return Buffer.from(`${page.prefix}${ordered.join(',')}${page.suffix}`);
    }
    const pieces = this.slices(venue, page, page.range);
    if (page.newestFirst) pieces.reverse();
    // every piece ends with a comma; the last one of the document loses it
    const tail = rows.map((row) => Buffer.from(`${row},`));
    const all = page.newestFirst ? [...tail.reverse(), ...pieces] : [...pieces, ...tail];
    const last = all.pop() ?? OPEN;
    return Buffer.concat([
      Buffer.from(page.prefix),
      ...all,
      last.subarray(0, last.length - 1),
      Buffer.from(page.suffix),
    ]);
  }

  private slices(venue: string, page: Page, { table, first, last }: NonNullable<Page['range']>): Buffer[] {
    const pieces: Buffer[] = [];
    for (let from = first; from < last; ) {
      const number = Math.floor(from / BLOCK);
      const base = number * BLOCK;
      const to = Math.min(last, base + BLOCK);
      const block = this.block(venue, page, table.time.length, number);
      const size = block.starts.length - 1;
      const [a, b] = page.newestFirst ? [size - (to - base), size - (from - base)] : [from - base, to - base];
      pieces.push(block.bytes.subarray(block.starts[a], block.starts[b]));
      from = to;
    }
    return pieces;
  }

  private block(venue: string, page: Page, length: number, number: number): Block {
    const key = `${venue} ${page.symbol} ${page.interval} ${number}`;
    const known = this.blocks.get(key);
    if (known) return known;
    const { market, table } = page.range!;
    const from = number * BLOCK;
    const size = Math.min(length, from + BLOCK) - from;
    const starts = new Uint32Array(size + 1);
    let text = '';
    for (let i = 0; i < size; i++) {
      const at = page.newestFirst ? from + size - 1 - i : from + i;
      text += `${page.writeRow(market.bar(table, at))},`;
      // rows are ASCII: letters are bytes
      starts[i + 1] = text.length;
    }
    const block = { bytes: Buffer.from(text, 'latin1'), starts };
    this.bytes += block.bytes.length;
    for (const [oldest, { bytes }] of this.blocks) {
      if (this.bytes <= this.mostBytes) break;
      this.blocks.delete(oldest);
      this.bytes -= bytes.length;
    }
    this.blocks.set(key, block);
    return block;
  }
}
