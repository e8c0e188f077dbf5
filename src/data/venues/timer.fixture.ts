import type { Timer } from './timer.js';

/** A timer whose sleepers wake at once, with its clock moved on. */
export class SkippingTimer implements Timer {
  slept = 0;

  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.time += milliseconds;
    this.slept += milliseconds;
    await Promise.resolve();
  }
}
