/**
 * Resolves at the first SIGINT or SIGTERM, or when `done` resolves; rejects when `done` does. A
 * second signal ends the process at once: whoever sends it does not want to wait.
 */
export async function untilSignal(done: Promise<void>): Promise<void> {
  const signalled = Promise.withResolvers<void>();
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count > 1) process.exit(1);
    signalled.resolve();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  await Promise.race([done, signalled.promise]);
}
