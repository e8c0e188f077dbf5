// Small vocabulary for writing WebAssembly text. Every expression is a string; names are locals.

/** Bytes between two columns of a block: 512 rows and one cache line, so that columns do not share cache sets. */
export const STRIDE = (512 + 8) * 8;
/** Bytes between two v128 of the same column. */
export const PAIR = 16;

export const range = (n, from = 0) => Array.from({ length: Math.max(0, n - from) }, (_, i) => from + i);
export const get = (name) => `(local.get $${name})`;
export const set = (name, value) => `(local.set $${name} ${value})`;
export const i32 = (value) => `(i32.const ${value})`;

export const load2 = (base, offset = 0) => `(v128.load offset=${offset} ${get(base)})`;
export const store2 = (base, offset, value) => `(v128.store offset=${offset} ${get(base)} ${value})`;
/** One double of memory in both lanes. */
export const splat = (base, offset) => `(v128.load64_splat offset=${offset} ${get(base)})`;
export const load1 = (base, offset = 0) => `(f64.load offset=${offset} ${get(base)})`;
export const store1 = (base, offset, value) => `(f64.store offset=${offset} ${get(base)} ${value})`;

/** A literal with every bit kept. */
export const f64 = (value) => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 53) return `(f64.const ${value})`;
  const bits = bytes.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1023;
  const mantissa = (bits & 0xfffffffffffffn).toString(16).padStart(13, '0');
  return `(f64.const ${value < 0 ? '-' : ''}0x1.${mantissa}p${exponent})`;
};
export const both = (value) => `(f64x2.splat ${f64(value)})`;

const operation = (name) => (a, b) => `(${name} ${a} ${b})`;
export const add2 = operation('f64x2.add');
export const sub2 = operation('f64x2.sub');
export const mul2 = operation('f64x2.mul');
export const div2 = operation('f64x2.div');
/** The larger of two lanes; on equality the first. One instruction, unlike f64x2.max. */
export const larger2 = operation('f64x2.pmax');
export const smaller2 = operation('f64x2.pmin');
export const add1 = operation('f64.add');
export const mul1 = operation('f64.mul');
export const addI = operation('i32.add');

/** Sum of many terms as a balanced tree: shorter chains than one after the other, and a fixed order. */
export const sumOf = (terms, add) => {
  if (terms.length === 1) return terms[0];
  const middle = Math.ceil(terms.length / 2);
  return add(sumOf(terms.slice(0, middle), add), sumOf(terms.slice(middle), add));
};

export const lanesAdded = (name) =>
  `(f64.add (f64x2.extract_lane 0 ${get(name)}) (f64x2.extract_lane 1 ${get(name)}))`;

export const locals = (type, names) => names.map((name) => `(local $${name} ${type})`).join(' ');
export const parameters = (names) => names.map((name) => `(param $${name} i32)`).join(' ');

/** for ($i = 0; $i < $bytes; $i += step) body; the body runs at least once. */
export const loopUp = (step, body) => `
  (loop $next
    ${body}
    (br_if $next (i32.lt_u (local.tee $i ${addI(get('i'), i32(step))}) ${get('bytes')})))`;
