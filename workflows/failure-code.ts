import { ApplicationFailure } from '@temporalio/workflow';

/** The SweepError code (or error name) that an activity failed with; undefined for a timeout. */
export function failureCode(error: unknown): string | undefined {
  const root = rootOf(error);
  return root instanceof ApplicationFailure ? (root.type ?? undefined) : undefined;
}

/** `CODE: message` of the innermost cause: what a person needs to read. */
export function failureText(error: unknown): string {
  const root = rootOf(error);
  const code = failureCode(error);
  const message = root instanceof Error ? root.message : String(root);
  return code === undefined ? message : `${code}: ${message}`;
}

// --- internal ---

/** Temporal wraps what an activity threw (ActivityFailure, ChildWorkflowFailure …); ours is the first inside. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && !(root instanceof ApplicationFailure) && root.cause) {
    root = root.cause;
  }
  return root;
}
