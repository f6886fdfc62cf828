interface Memory {
  readonly buffer: ArrayBuffer;
}
interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}
interface WasmApi {
  instantiate: (bytes: unknown, imports: unknown) => Promise<{ readonly instance: Instance }>;
  Instance: new (module: unknown, imports: unknown) => Instance;
  readonly Memory: new (...args: never) => Memory;
}

/** The memories of all WebAssembly that is instantiated from now on, in order; it works as it always does. */
export function watchWasmMemories(): Memory[] {
  const wasm = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
  const { instantiate, Instance, Memory } = wasm;
  const memories: Memory[] = [];
  const noted = (instance: Instance): Instance => {
    for (const value of Object.values(instance.exports)) {
      if (value instanceof Memory) memories.push(value);
    }
    return instance;
  };
  wasm.instantiate = async (bytes, imports) => {
    const result = await instantiate(bytes, imports);
    noted(result.instance);
    return result;
  };
  wasm.Instance = new Proxy(Instance, {
    construct: (target, [module, imports]: [unknown, unknown]) =>
      noted(new target(module, imports)),
  });
  return memories;
}
