import type { Sql } from 'postgres';

/** Every stored row of a sweep as text, in point order; two sweeps are equal when these are. */
export async function sweepRows(sql: Sql, sweepId: string): Promise<string[]> {
  const rows = await sql`select * from results where sweep_id = ${sweepId} order by point_index`;
  return rows.map((row) => JSON.stringify({ ...row, sweep_id: undefined }));
}
