/**
 * Runs this process as `ideasweep worker --role …`: configuration, shutdown and messages are those of
 * the command.
 */
export async function enterAs(role: 'control' | 'batch'): Promise<void> {
  process.argv.splice(2, 0, 'worker', '--role', role);
  await import('../src/cli/ideasweep.js');
}
