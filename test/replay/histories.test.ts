import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { workflowsPath } from '../../workers/bundle.ts';
import { installRuntime } from '../../workers/runtime.ts';
import { parseHistory } from '../support/history.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const names = globSync('*.json', { cwd: FOLDER })
  .map((file) => basename(file, '.json'))
  .toSorted();

function read(name: string): string {
  return readFileSync(join(FOLDER, `${name}.json`), 'utf8');
}

let code = '';

/** Runs today's workflow code over a recorded history; a decision that differs throws. */
async function replay(text: string): Promise<void> {
  const { workflowId, ...history } = parseHistory(text);
  await Worker.runReplayHistory({ workflowBundle: { code } }, history, workflowId);
}

describe('sweeps that run while a new version is deployed go on', () => {
  beforeAll(async () => {
    installRuntime('error');
    const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    ({ code } = await bundleWorkflowCode({ workflowsPath, logger }));
  });

  it('holds a history of every promise', () => {
    expect(names).toContain('nightly-runs-a-child-sweep');
    expect(names.length).toBeGreaterThanOrEqual(9);
  });

  it.each(names)('%s', async (name) => {
    await expect(replay(read(name))).resolves.toBeUndefined();
  });

  it('notices a workflow that decides otherwise', async () => {
    const renamed = read('sweep-runs-every-batch-and-ranks').replaceAll(
      '"planSweep"',
      '"planGrid"',
    );
    await expect(replay(renamed)).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
