/**
 * Compiles AssemblyScript to WebAssembly and writes it, in base64, beside its folder: `npm run build:wasm`.
 * A test compares each module with what its source gives.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const COMPILER = 'node_modules/assemblyscript/bin/asc.js';
/** 112: vectors cannot be exchanged with JavaScript, and are not. */
const OPTIONS = '-O3 --noAssert --runtime stub --enable simd --importMemory --disableWarning 112';

/** A folder `assembly`, whose index.ts is compiled, and the file that has the module. */
const MODULES = {
  KERNEL_WASM: { folder: 'src/engine/kernel', target: 'kernel-wasm.ts' },
  WINDOWS_WASM: { folder: 'src/indicators', target: 'windows-wasm.ts' },
};

/** A module in base64; the compiler's words go to stderr. */
export function compileModule(name: keyof typeof MODULES): string {
  const temporary = mkdtempSync(join(tmpdir(), 'ideasweep-wasm-'));
  const out = join(temporary, 'out.wasm');
  const source = `${MODULES[name].folder}/assembly/index.ts`;
  try {
    execFileSync(process.execPath, [COMPILER, source, ...OPTIONS.split(' '), '-o', out], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readFileSync(out).toString('base64');
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

if (import.meta.main) {
  for (const name of Object.keys(MODULES) as (keyof typeof MODULES)[]) {
    const { folder, target } = MODULES[name];
    writeFileSync(
      join(ROOT, folder, target),
      `/** Compiled from assembly/ by \`npm run build:wasm\`; a test compares the two. */
export const ${name} =
  '${compileModule(name)}';
`,
    );
  }
}
