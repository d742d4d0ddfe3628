/** Names and values inside SQL text that cannot be parameters: DDL of partitions and views. */

/** `"a""b"`: an identifier that no content can break out of. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('\0', '').replaceAll('"', '""')}"`;
}

/** `'it''s'`, as a standard string; a backslash needs the E form. */
export function quoteLiteral(text: string): string {
  const escaped = text.replaceAll('\0', '').replaceAll("'", "''");
  return escaped.includes('\\') ? `E'${escaped.replaceAll('\\', '\\\\')}'` : `'${escaped}'`;
}

/** `sweep_` and the name with `-` and `.` as `_`, in lower case, as unquoted names are in SQL. */
export function viewNameOf(sweepName: string): string {
  return `sweep_${sweepName.replaceAll(/[-.]/g, '_').toLowerCase()}`;
}

/** The partition that holds a sweep's rows. */
export function leafNameOf(sweepId: string): string {
  return `results_${sweepId}`;
}

/** The partition that holds an ended sweep's ranks. */
export function rankLeafNameOf(sweepId: string): string {
  return `ranks_${sweepId}`;
}
