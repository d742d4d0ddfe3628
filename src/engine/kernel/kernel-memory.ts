import {
  compileWasm,
  instantiateWasm,
  linearMemory,
  PAGE_BYTES,
  type LinearMemory,
} from '../../web-assembly.ts';
import { KERNEL_WASM } from './kernel-wasm.ts';

/** The functions of assembly/index.ts. Addresses and lengths are bytes unless named otherwise. */
export interface KernelExports {
  readonly HAND_END: { readonly value: number };
  readonly RESULT_BYTES: { readonly value: number };
  readonly TERMS: { readonly value: number };
  readonly TERMS_BYTES: { readonly value: number };
  beginScale(scale: number, rows: number): void;
  begin(bits: number, out: number, bytes: number, reach: number): void;
  clearBlanks(a: number, b: number, rows: number, bits: number): void;
  clearBelow(bits: number, bytes: number, from: number): void;
  columnBytes(rows: number): number;
  edges(bits: number, begins: number, ends: number, bytes: number): void;
  // oxlint-disable-next-line max-params -- primitives across the WebAssembly boundary
  compare(a: number, b: number, rows: number, above: number, ties: number): number;
  endScale(scale: number, rows: number, rangeMin: number): void;
  // oxlint-disable-next-line max-params -- primitives across the WebAssembly boundary
  follow(now: number, before: number, out: number, bytes: number, reach: number): void;
  intersect(a: number, b: number, out: number, bytes: number): void;
  invert(a: number, out: number, bytes: number): void;
  leave(bits: number, out: number, bytes: number, reach: number): void;
  listBytes(items: number): number;
  // oxlint-disable-next-line max-params -- primitives across the WebAssembly boundary
  makeList(
    list: number,
    enterLong: number,
    enterShort: number,
    exitLong: number,
    exitShort: number,
    isInTurn: boolean,
  ): void;
  marketBytes(rows: number): number;
  openColumns(at: number, rows: number): void;
  openDays(at: number, count: number): void;
  openFunding(at: number): void;
  openLists(at: number, rows: number, items: number): void;
  openMarket(at: number, start: number, end: number): void;
  openTouches(at: number, rowsBytes: number): void;
  // oxlint-disable-next-line max-params -- primitives across the WebAssembly boundary
  quantize(from: number, column: number, scale: number, row: number, count: number): number;
  runPoints(count: number, work: number, results: number): void;
  scaleBytes(rows: number): number;
  searchBytes(rows: number, items: number): number;
  // oxlint-disable-next-line max-params -- primitives across the WebAssembly boundary
  spread(rows: number, visible: number, out: number, from: number, end: number): void;
  subtract(a: number, b: number, out: number, bytes: number): void;
  touchesBytes(rowsBytes: number): number;
  unite(a: number, b: number, out: number, bytes: number): void;
  widenScale(from: number, scale: number, row: number, count: number): void;
  workBytes(): number;
}

/**
 * One instance of the compiled kernel and its linear memory, in which places are handed out once and
 * kept. Growing the memory takes every view away, so places are addresses and views are made anew.
 */
export class KernelMemory {
  readonly code: KernelExports;
  readonly #memory: LinearMemory;
  #end: number;

  /** @param bytes how many are there without growing; what is not used takes no memory */
  constructor(bytes = 0) {
    this.#memory = linearMemory(PAGE_BYTES + bytes);
    this.code = instantiateWasm(compiled(), this.#memory) as KernelExports;
    this.#end = this.code.HAND_END.value;
  }

  /** The address of `bytes` new bytes, zero, aligned to a cache line. */
  allocate(bytes: number): number {
    const at = (this.#end + 63) & ~63;
    this.#end = at + bytes;
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(Math.max(missing, GROWTH_BYTES) / PAGE_BYTES));
    return at;
  }

  /** Views are valid until the next `allocate`. */
  int32(at: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, length);
  }

  uint16(at: number, length: number): Uint16Array {
    return new Uint16Array(this.#memory.buffer, at, length);
  }

  float64(at: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, length);
  }

  /** A view for the life of the memory's buffer; `length` 0 tells that it has gone. */
  isGone(view: Float64Array | undefined): boolean {
    return view?.buffer !== this.#memory.buffer;
  }
}

// --- internal ---

/** Growing costs a collection of garbage now and then; pages that are not touched cost nothing. */
const GROWTH_BYTES = 16 * 2 ** 20;

let kernelModule: object | undefined;

/** Compiled once per thread. */
function compiled(): object {
  kernelModule ??= compileWasm(KERNEL_WASM);
  return kernelModule;
}
