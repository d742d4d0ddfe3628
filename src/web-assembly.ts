/** What is used of WebAssembly; the project's types hold no DOM. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
  readonly Memory: new (pages: { initial: number }) => LinearMemory;
};

/** Memory of an instance; growing it takes every view away. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export const PAGE_BYTES = 65_536;

/** Compiles a module of `npm run build:wasm`. */
export function compileWasm(base64: string): object {
  return new WebAssembly.Module(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

/** Memory of at least `bytes`; what is not touched takes none of the machine's. */
export function linearMemory(bytes: number): LinearMemory {
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
}

/** The exports of a new instance of a module, over `memory`. */
export function instantiateWasm(module: object, memory: LinearMemory): object {
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports;
}

// --- internal ---

function abort(): never {
  throw new Error('the compiled code stopped');
}
