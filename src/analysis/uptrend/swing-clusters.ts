/**
 * Prices of swings in ascending order and the groups they form around running means (spec uptrend-engine §2): each
 * price joins the first group within 6 % of its mean, else opens one. As prices ascend, only the newest group can still
 * take one in, so groups are runs of neighbours.
 *
 * A swing that comes or goes changes the group it falls into and perhaps the next ones. Groups are therefore formed
 * again from there only until one begins where one began before; what lies beyond has the same members in the same
 * order, and so the same bits as if everything had been formed again.
 */

const TOLERANCE = 0.06;

/** Groups as columns: where each begins, the sum of its prices, how many they are. */
class Groups {
  count = 0;
  readonly start: number[] = [];
  readonly sum: number[] = [];
  readonly members: number[] = [];

  put(start: number, sum: number, members: number): void {
    const { count } = this;
    this.start[count] = start;
    this.sum[count] = sum;
    this.members[count] = members;
    this.count = count + 1;
  }
}

export class SwingClusters {
  private sorted = new Float64Array(256);
  private length = 0;
  private groups = new Groups();
  private spare = new Groups();
  /** Prices when the groups were formed, and how many of the lowest and highest have stayed since. */
  private formedLength = 0;
  private sameBelow = 0;
  private sameAbove = 0;

  /** @param tolerance distance from a group's mean, as a share of it, at which a price still joins */
  constructor(private readonly tolerance = TOLERANCE) {}

  insert(price: number): void {
    const { length } = this;
    if (length === this.sorted.length) {
      const grown = new Float64Array(2 * length);
      grown.set(this.sorted);
      this.sorted = grown;
    }
    const at = this.position(price);
    this.sorted.copyWithin(at + 1, at, length);
    this.sorted[at] = price;
    this.length = length + 1;
    this.sameBelow = Math.min(this.sameBelow, at);
    this.sameAbove = Math.min(this.sameAbove, length - at);
  }

  /** @param price one that was inserted */
  remove(price: number): void {
    const { length } = this;
    const at = this.position(price);
    this.sorted.copyWithin(at, at + 1, length);
    this.length = length - 1;
    this.sameBelow = Math.min(this.sameBelow, at);
    this.sameAbove = Math.min(this.sameAbove, length - at - 1);
  }

  /** Visits every group in ascending order: its mean and how many prices it has. */
  forEach(visit: (price: number, members: number) => void): void {
    this.form();
    const { count, sum, members } = this.groups;
    for (let group = 0; group < count; group++) visit(sum[group]! / members[group]!, members[group]!);
  }

  private form(): void {
    const { length, sorted, groups, spare } = this;
    const reach = 1 + this.tolerance;
    const untouched = length - this.sameAbove;
    const shift = length - this.formedLength;
    spare.count = 0;
    let from = 0;
    let known = 0;
    // A group stays if the price that closed it has stayed.
    for (; known < groups.count; known++) {
      const end = groups.start[known]! + groups.members[known]!;
      if (end >= this.sameBelow) break;
      spare.put(groups.start[known]!, groups.sum[known]!, groups.members[known]!);
      from = end;
    }
    while (from < length) {
      if (from >= untouched) {
        while (known < groups.count && groups.start[known]! + shift < from) known++;
        if (known < groups.count && groups.start[known]! + shift === from) {
          for (; known < groups.count; known++) {
            spare.put(groups.start[known]! + shift, groups.sum[known]!, groups.members[known]!);
          }
          break;
        }
      }
      let sum = sorted[from]!;
      let members = 1;
      // |price − mean| ≤ tolerance · mean, without dividing
      while (from + members < length && sorted[from + members]! * members <= reach * sum) {
        sum += sorted[from + members]!;
        members += 1;
      }
      spare.put(from, sum, members);
      from += members;
    }
    this.groups = spare;
    this.spare = groups;
    this.formedLength = length;
    this.sameBelow = length;
    this.sameAbove = length;
  }

  /** First position whose price is not below. */
  private position(price: number): number {
    const { sorted } = this;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
