/** What is used of the WebAssembly JavaScript interface, which TypeScript describes for browsers only. */
declare namespace WebAssembly {
  /** A linear memory, in pages of 64 KiB. */
  class Memory {
    constructor(limits: { readonly initial: number; readonly maximum: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  /** Compiled code. */
  class Module {
    private constructor();
  }

  /** Code with a memory of its own. */
  class Instance {
    constructor(
      module: Module,
      imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
    );
    readonly exports: object;
  }
}
