/**
 * One real Temporal development server per vitest run, in memory. When nothing can provide one, the
 * tests that need it are reported as skipped, in words; with IDEASWEEP_REQUIRE_SERVICES=1 (CI) that
 * is a failure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '../../src/config.ts';
import { startTemporal } from '../../src/services/temporal.ts';
import { findTemporalBinary } from '../../src/services/temporal-binary.ts';
import { buildWorkflowBundle } from '../../workers/bundle.ts';
import type { ProvidedTemporal } from './temporal.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'ideasweep-temporal-'));
  const removeHome = () => rmSync(home, { recursive: true, force: true });
  const config = loadConfig(process.env, { home });
  try {
    const options = {
      cacheDir: process.env['IDEASWEEP_CACHE'],
      onProgress: (text: string) => void process.stderr.write(`${text}\n`),
    };
    const binary = await findTemporalBinary({ ...options, temporalCli: config.temporalCli });
    const server = await startTemporal(
      { ...config, temporalCli: binary.path },
      { isInMemory: true },
    );
    // Once, instead of by every worker of every test.
    await buildWorkflowBundle();
    provide(project, { address: server.address, binary: binary.path });
    return async () => {
      await server.stop();
      removeHome();
    };
  } catch (error) {
    removeHome();
    if (process.env['IDEASWEEP_REQUIRE_SERVICES'] === '1') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    provide(project, { reason });
    return async () => {};
  }
}

function provide(project: TestProject, temporal: ProvidedTemporal): void {
  project.provide('temporal', temporal);
}
