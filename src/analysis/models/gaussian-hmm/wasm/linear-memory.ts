/**
 * Linear memory for the kernels. One spare memory is kept for the next engine of the same thread: fresh pages cost
 * a short fit as much as its arithmetic, and memories that wait for the garbage collector add up over many fits. The
 * price: a process that has trained on three million rows keeps up to 320 MiB for the next training.
 */
import { MOST_PAGES } from './memory-layout.js';

/** A larger memory is not kept (320 MiB, enough for 3.2 million rows of 5 features and 3 states). */
const LARGEST_SPARE_PAGES = 5_120;

let spare: WebAssembly.Memory | undefined;

const pagesOf = (memory: WebAssembly.Memory): number => memory.buffer.byteLength / 65_536;

/**
 * Makes the memory hold that many pages of 64 KiB; never shrinks it. Views made before do not see what was
 * added.
 */
export function growTo(memory: WebAssembly.Memory, pages: number): void {
  const missing = pages - pagesOf(memory);
  if (missing > 0) memory.grow(missing);
}

/** A memory of at least `pages`; what it holds is undefined. */
export function acquireMemory(pages: number): WebAssembly.Memory {
  const memory = spare;
  spare = undefined;
  if (!memory) return new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared: true });
  growTo(memory, pages);
  return memory;
}

/** Gives a memory back for the next engine; kept when it is the largest spare one and not too large. */
export function releaseMemory(memory: WebAssembly.Memory): void {
  const pages = pagesOf(memory);
  if (pages <= LARGEST_SPARE_PAGES && (!spare || pages > pagesOf(spare))) spare = memory;
}
