/**
 * SHA-256 (FIPS 180-4) over the bytes of typed arrays and text, for code that may not import a platform's own. 32-bit
 * arithmetic only; numbers are hashed as the little-endian doubles they are in memory on every platform Node runs on.
 */

const ROUND = Uint32Array.from({ length: 64 }, (_, index) => fraction(Math.cbrt(prime(index))));
const START = Uint32Array.from({ length: 8 }, (_, index) => fraction(Math.sqrt(prime(index))));

function prime(index: number): number {
  let found = -1;
  let candidate = 1;
  while (found < index) {
    candidate++;
    let divisor = 2;
    while (candidate % divisor !== 0) divisor++;
    if (divisor === candidate) found++;
  }
  return candidate;
}

/** First 32 bits of the fractional part. */
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32);
}

export class Sha256 {
  private readonly state = START.slice();
  private readonly block = new Uint8Array(64);
  private readonly words = new Uint32Array(64);
  private filled = 0;
  private total = 0;

  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  numbers(values: Float64Array): this {
    return this.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  bytes(bytes: Uint8Array): this {
    this.total += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(64 - this.filled, bytes.length - at);
      this.block.set(bytes.subarray(at, at + taken), this.filled);
      this.filled += taken;
      at += taken;
      if (this.filled === 64) this.compress();
    }
    return this;
  }

  /** Closes the message; use once. */
  hex(): string {
    const bits = this.total * 8;
    this.block[this.filled++] = 0x80;
    if (this.filled > 56) {
      this.block.fill(0, this.filled);
      this.compress();
    }
    this.block.fill(0, this.filled);
    const view = new DataView(this.block.buffer);
    view.setUint32(56, Math.floor(bits / 2 ** 32));
    view.setUint32(60, bits >>> 0);
    this.compress();
    return Array.from(this.state, (word) => word.toString(16).padStart(8, '0')).join('');
  }

  private compress(): void {
    const { words, state } = this;
    const view = new DataView(this.block.buffer);
    for (let at = 0; at < 16; at++) words[at] = view.getUint32(4 * at);
    for (let at = 16; at < 64; at++) {
      const x = words[at - 15]!;
      const y = words[at - 2]!;
      const small = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
      const large = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
      words[at] = (words[at - 16]! + small + words[at - 7]! + large) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let at = 0; at < 64; at++) {
      const choice = (e & f) ^ (~e & g);
      const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + ROUND[at]! + words[at]!) | 0;
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + second) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => {
      state[at] = (state[at]! + word) | 0;
    });
    this.filled = 0;
  }
}

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
