/** A column to work in, kept between calls and grown when needed. */
export class Scratch {
  private column = new Float64Array(1);

  of(length: number): Float64Array {
    if (this.column.length < length) this.column = new Float64Array(length);
    return this.column;
  }
}
