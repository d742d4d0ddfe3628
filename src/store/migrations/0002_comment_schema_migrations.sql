-- The one table without comments: it is made before the first migration runs (migrate.ts).

comment on table schema_migrations is 'Migrations that were applied, the schema''s version among them: the highest number.';
comment on column schema_migrations.version is 'Number of the migration, as in its file name.';
comment on column schema_migrations.name is 'Name of its file, without .sql.';
comment on column schema_migrations.applied_at is 'When it was applied.';
