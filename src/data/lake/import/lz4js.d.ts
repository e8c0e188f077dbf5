/** The two functions of lz4js that are used; the package brings no types. */
declare module 'lz4js' {
  /** One LZ4 frame. */
  export function compress(data: Uint8Array): Uint8Array;
  export function decompress(data: Uint8Array): Uint8Array;
}
