import { bundleWorkflowCode } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { workflowsPath } from '../../workers/bundle.ts';

describe('workflow bundle', () => {
  it('holds contracts, batches, limits and assertions, and nothing else of src', async () => {
    const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    const { code } = await bundleWorkflowCode({ workflowsPath, logger });
    const withoutMap = code.slice(0, code.lastIndexOf('//# sourceMappingURL='));
    const modules = [...withoutMap.matchAll(/"\.\/((?:src|activities|workers)\/[^"]+)"/g)];
    const names = new Set(modules.map(([, name]) => name));
    expect(names).toEqual(new Set(['src/assert.ts', 'src/grid/batch.ts', 'src/limits.ts']));
    expect(withoutMap).not.toContain('node_modules/zod');
  });
});
