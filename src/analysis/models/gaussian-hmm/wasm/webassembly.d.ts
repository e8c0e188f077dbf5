/** The part of the WebAssembly interface that the kernels use; neither the ES library nor the Node types carry it. */
declare namespace WebAssembly {
  type Exports = Readonly<Record<string, unknown>>;

  interface MemoryDescriptor {
    initial: number;
    maximum: number;
    shared: true;
  }

  function validate(bytes: Uint8Array): boolean;

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Exports;
  }
}
