/** Distinct times in order; mostly they come in order, so sorting is rare. */
export class SortedTimes {
  private readonly known = new Set<number>();
  private times: number[] = [];
  private isSorted = true;

  add(time: number): void {
    if (this.known.has(time)) return;
    this.known.add(time);
    if (this.times.length > 0 && this.times[this.times.length - 1]! > time) this.isSorted = false;
    this.times.push(time);
  }

  /** Times after `after` and before `to`, ascending. */
  between(after: number, to: number): readonly number[] {
    if (!this.isSorted) {
      this.times = this.times.sort((a, b) => a - b);
      this.isSorted = true;
    }
    return this.times.slice(this.position(after + 1), this.position(to));
  }

  private position(time: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
