/** Comma-separated text as RFC 4180 has it; missing values are empty fields. */
export function renderCsv(columns: readonly string[], rows: readonly object[]): string {
  const lines = rows.map((row) =>
    columns.map((column) => csvField((row as Record<string, unknown>)[column])).join(','),
  );
  return [columns.map(csvField).join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

// --- internal ---

function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' && !Number.isFinite(value)) return '';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
