import { describe, expect, it } from 'vitest';
import { startCli } from '../../support/cli.ts';

describe('a reader that leaves early', () => {
  it.each(['stdout', 'stderr'] as const)('of %s ends no command, and keeps none', async (name) => {
    const cli = startCli(name === 'stdout' ? ['--help'] : ['no-such-command'], {});
    cli.child[name]?.destroy();
    expect(await cli.done).toMatchObject({ code: name === 'stdout' ? 0 : 2 });
  });
});
