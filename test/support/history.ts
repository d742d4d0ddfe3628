/**
 * Workflow histories as text that can be read and compared. The SDK's own JSON (historyToJSON,
 * historyFromJSON) fails where npm installs protobufjs more than once, as here: it asks one copy about
 * the classes of another. So a history is kept as it is in memory: 64-bit numbers as their two halves,
 * bytes as text.
 */
export interface RecordedHistory {
  readonly workflowId: string;
  readonly events: readonly object[];
}

export function historyText(history: RecordedHistory): string {
  return `${JSON.stringify(toPlain(history), null, 1)}\n`;
}

export function parseHistory(text: string): RecordedHistory {
  return JSON.parse(text, (_key, value: unknown) =>
    isBytes(value) ? new TextEncoder().encode(value.$utf8) : value,
  ) as RecordedHistory;
}

// --- internal ---

/** Names of hosts and paths of the machine that recorded; a replay does not look at them. */
const OF_THE_MACHINE = new Set(['identity', 'stackTrace', 'workerIdentity']);

function isBytes(value: unknown): value is { readonly $utf8: string } {
  return typeof value === 'object' && value !== null && '$utf8' in value;
}

/** Own members only: messages inherit defaults and a toJSON that loses the types. */
function toPlain(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return { $utf8: new TextDecoder('utf-8', { fatal: true }).decode(value) };
  // Sticky task queues are named `pid@host-…`.
  if (typeof value === 'string') return /^\d+@/.test(value) ? 'recorder' : value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .filter(([key]) => !OF_THE_MACHINE.has(key))
    .filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toPlain(member)]));
}
