/**
 * Two queues: control (workflows, plan, feeds, rank) and batch (engine threads). Their names carry the
 * store's id, so two stores on one Temporal server never run each other's batches.
 */
export interface TaskQueues {
  readonly control: string;
  readonly batch: string;
}

export function taskQueues(storeId: string): TaskQueues {
  return { control: `ideasweep-control-${storeId}`, batch: `ideasweep-batch-${storeId}` };
}
