/**
 * Numbers that look drawn but are functions of their name: the same seed and label give the same value, whatever was
 * asked before. That is what makes a run repeatable although clients ask concurrently: no draw depends on an order.
 * FNV-1a over the label, finished with the mixing of MurmurHash3.
 */
export function noise(seed: number, label: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) {
    hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}
