/** What the migrations make, as text that a review can read: the drift check compares it with schema.sql. */
import type { Sql } from 'postgres';

/** Tables, views, constraints, indexes, functions and comments of a freshly migrated database. */
export async function dumpSchema(sql: Sql): Promise<string> {
  const sections = [await relations(sql), await indexes(sql), await functions(sql)];
  return `-- Made by: npm run db:dump. Do not edit; the migrations are the source.\n\n${sections.flat().join('\n\n')}\n`;
}

// --- internal ---

const RELATIONS = `c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')`;

async function relations(sql: Sql): Promise<string[]> {
  const rows = await sql<
    { name: string; kind: string; columns: string; rules: string; comment: string | null }[]
  >`
    select c.relname as name, c.relkind as kind,
      case c.relkind when 'v' then pg_get_viewdef(c.oid, true) else (
        select string_agg(format('  %s %s%s%s', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then ' not null' else '' end,
            coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')), E'\n' order by a.attnum)
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) end as columns,
      coalesce((select string_agg('  ' || pg_get_constraintdef(k.oid), E'\n' order by k.contype, k.conname)
        from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n'), '') as rules,
      obj_description(c.oid) as comment
    from pg_class c where ${sql.unsafe(RELATIONS)} order by c.relkind = 'v', c.relname`;
  const comments = await sql<{ table: string; column: string; text: string }[]>`
    select c.relname as table, a.attname as column, col_description(c.oid, a.attnum) as text
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where ${sql.unsafe(RELATIONS)} and col_description(c.oid, a.attnum) is not null
    order by c.relname, a.attnum`;
  return rows.map(({ name, kind, columns, rules, comment }) => {
    const notes = comments.filter((one) => one.table === name);
    return [
      `${kind === 'v' ? 'view' : 'table'} ${name}${comment === null ? '' : `   -- ${comment}`}`,
      columns,
      ...(rules === '' ? [] : [rules]),
      ...notes.map((one) => `  -- ${one.column}: ${one.text}`),
    ].join('\n');
  });
}

async function indexes(sql: Sql): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`
    select indexdef as text from pg_indexes where schemaname = 'public' order by indexname`;
  return [rows.map((row) => row.text).join('\n')];
}

async function functions(sql: Sql): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`
    select pg_get_functiondef(oid) as text from pg_proc
    where pronamespace = 'public'::regnamespace order by proname`;
  return rows.map((row) => row.text.trim());
}
