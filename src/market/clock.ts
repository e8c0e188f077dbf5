/** The one source of time. Pure code receives a Clock; only src/app and src/platform make a real one. */
export interface Clock {
  /** UTC epoch milliseconds. */
  now(): number;
}

/** A clock that stands still until it is moved: tests and replays. */
export class FixedClock implements Clock {
  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}
