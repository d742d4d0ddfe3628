/** Names of things in Temporal. One sweep, one workflow: a second start of the same sweep is refused. */
export function sweepWorkflowId(sweepId: string): string {
  return `sweep/${sweepId}`;
}

/** Schedules share a Temporal namespace with other stores, so the store's id is part of theirs. */
export function scheduleId(storeId: string, name: string): string {
  return `ideasweep/${storeId}/${name}`;
}

/** Temporal appends the scheduled instant to it. */
export function nightlyWorkflowId(storeId: string, name: string): string {
  return `nightly/${storeId}/${name}`;
}
