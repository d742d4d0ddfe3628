/**
 * Compiles the kernel's AssemblyScript to WebAssembly and writes it, as base64, to
 * src/engine/kernel/kernel-wasm.ts: `npm run build:kernel`. A test compares the two.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const COMPILER = 'node_modules/assemblyscript/bin/asc.js';
const SOURCE = 'src/engine/kernel/assembly/index.ts';
const TARGET = 'src/engine/kernel/kernel-wasm.ts';
/** 112: vectors cannot be exchanged with JavaScript, and are not. */
const OPTIONS = '-O3 --noAssert --runtime stub --enable simd --importMemory --disableWarning 112';

/** The module in base64; the compiler's words go to stderr. */
export function compileKernel(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ideasweep-kernel-'));
  const out = join(folder, 'kernel.wasm');
  try {
    execFileSync(process.execPath, [COMPILER, SOURCE, ...OPTIONS.split(' '), '-o', out], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readFileSync(out).toString('base64');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  writeFileSync(
    join(ROOT, TARGET),
    `/** Compiled from assembly/ by \`npm run build:kernel\`; a test compares the two. */
export const KERNEL_WASM =
  '${compileKernel()}';
`,
  );
}
