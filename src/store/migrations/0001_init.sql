-- The whole store: sweeps, their batches, their results, their ranks, and nights.
-- Times are timestamptz, written and shown in UTC. Point indices are 0-based.

create table store_info (
  store_id uuid primary key default gen_random_uuid(),
  created_at timestamptz not null default now()
);
insert into store_info default values;

create table sweeps (
  sweep_id text primary key check (sweep_id ~ '^[0-9a-z]{12}$'),
  name text not null,
  view_name text not null,
  identity text not null,
  status text not null check (status in ('planned', 'running', 'paused', 'stopping', 'completed',
    'completed_with_failures', 'stopped', 'cancelled', 'failed')),
  executor text not null check (executor in ('local', 'temporal')),
  profile text not null,
  engine_version text not null,
  card_hash text not null,
  candle_digest text not null,
  -- json, not jsonb: a worker rebuilds the sweep from it, with keys in their order.
  spec json not null,
  axes jsonb not null,
  feeds jsonb not null,
  objective_metric text not null,
  objective_direction text not null check (objective_direction in ('maximize', 'minimize')),
  window_start timestamptz not null,
  window_end timestamptz not null,
  points_total bigint not null,
  points_admitted bigint not null,
  points_refused bigint not null,
  points_estimated boolean not null,
  has_rows boolean not null default false,
  error text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  updated_at timestamptz not null default now(),
  ended_at timestamptz,
  ranked_at timestamptz
);
create index sweeps_identity on sweeps (identity);
create index sweeps_name on sweeps (name, sweep_id);
create index sweeps_view_name on sweeps (view_name, sweep_id);

create table batches (
  sweep_id text not null references sweeps on delete cascade,
  start_index bigint not null,
  end_index bigint not null check (end_index >= start_index),
  next_index bigint not null check (next_index between start_index and end_index),
  state text not null check (state in ('pending', 'running', 'done', 'failed')),
  attempt integer not null default 0,
  worker text,
  elapsed_ms double precision not null default 0,
  digest text,
  completed bigint not null default 0,
  failed bigint not null default 0,
  refused bigint not null default 0,
  eligible bigint not null default 0,
  best_point_index bigint,
  best_objective double precision,
  best_eligible boolean,
  claimed_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (sweep_id, start_index)
);

create table results (
  sweep_id text not null,
  point_index bigint not null,
  outcome text not null,
  eligible boolean not null,
  objective double precision,
  params jsonb not null,
  initial_equity double precision,
  final_equity double precision,
  net_profit double precision,
  net_return_pct double precision,
  benchmark_return_pct double precision,
  alpha_pct double precision,
  max_drawdown_abs double precision,
  max_drawdown_pct double precision,
  max_drawdown_duration_bars double precision,
  total_trades double precision,
  win_rate double precision,
  avg_trade_return_pct double precision,
  profit_factor double precision,
  sharpe double precision,
  sortino double precision,
  calmar double precision,
  win_count double precision,
  loss_count double precision,
  gross_profit double precision,
  gross_loss double precision,
  total_fees double precision,
  avg_win_usdt double precision,
  avg_loss_usdt double precision,
  largest_win_usdt double precision,
  largest_loss_usdt double precision,
  avg_trade_duration_bars double precision,
  avg_winning_trade_duration_bars double precision,
  avg_losing_trade_duration_bars double precision,
  max_consecutive_wins double precision,
  max_consecutive_losses double precision,
  expectancy_usdt double precision,
  payoff_ratio double precision,
  recovery_factor double precision,
  omega_ratio double precision,
  long_trades double precision,
  short_trades double precision,
  long_win_rate double precision,
  short_win_rate double precision,
  long_pnl double precision,
  short_pnl double precision,
  total_bars double precision,
  bars_in_position double precision,
  time_in_market_pct double precision,
  total_funding_paid_usdt double precision,
  total_funding_received_usdt double precision,
  net_funding_usdt double precision,
  ulcer_index double precision,
  entry_attempts double precision,
  entry_rejections double precision,
  entry_rejection_rate double precision,
  min_margin_ratio double precision,
  margin_calls double precision,
  closest_liquidation_pct double precision,
  skewness double precision,
  kurtosis double precision,
  var_95_pct double precision,
  cvar_95_pct double precision,
  avg_leverage_used double precision,
  max_gross_exposure_pct double precision,
  mae_avg_pct double precision,
  mfe_avg_pct double precision,
  cagr_pct double precision,
  volatility_pct double precision,
  profit_factor_mode text,
  error text,
  primary key (sweep_id, point_index)
) partition by list (sweep_id);

-- A partition per ended sweep, with its indexes built at once: row by row they took eight times as long.
create table result_ranks (
  sweep_id text not null,
  rank bigint not null,
  point_index bigint not null
) partition by list (sweep_id);

create table schedules (
  name text primary key,
  card_text text not null,
  card_file text,
  options jsonb not null default '{}',
  cron text not null,
  timezone text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table nightly_runs (
  nightly_run_id bigint generated always as identity primary key,
  schedule_name text,
  name text not null,
  as_of timestamptz not null,
  window_start timestamptz,
  window_end timestamptz,
  sweep_id text references sweeps on delete set null,
  previous_sweep_id text references sweeps on delete set null,
  status text not null check (status in ('running', 'completed', 'completed_with_failures', 'failed')),
  best jsonb,
  comparison jsonb,
  error text,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);
create index nightly_runs_name on nightly_runs (name, nightly_run_id);

-- The objective as a number that is smaller the better it is; infinity where there is none.
create function objective_key(objective double precision, direction text) returns double precision
language sql immutable parallel safe as $$
  select coalesce(case direction when 'maximize' then -objective else objective end, 'infinity')
$$;

-- The order of a sweep's results: eligible first, then the objective in its direction, nulls last,
-- then point_index. After the end of a sweep the ranks are read, before it they are computed.
create view ranked_results as
select
  s.name as sweep,
  k.sweep_id,
  k.rank,
  r.point_index,
  r.eligible,
  r.outcome,
  r.params,
  r.objective,
  r.initial_equity,
  r.final_equity,
  r.net_profit,
  r.net_return_pct,
  r.benchmark_return_pct,
  r.alpha_pct,
  r.max_drawdown_abs,
  r.max_drawdown_pct,
  r.max_drawdown_duration_bars,
  r.total_trades,
  r.win_rate,
  r.avg_trade_return_pct,
  r.profit_factor,
  r.sharpe,
  r.sortino,
  r.calmar,
  r.win_count,
  r.loss_count,
  r.gross_profit,
  r.gross_loss,
  r.total_fees,
  r.avg_win_usdt,
  r.avg_loss_usdt,
  r.largest_win_usdt,
  r.largest_loss_usdt,
  r.avg_trade_duration_bars,
  r.avg_winning_trade_duration_bars,
  r.avg_losing_trade_duration_bars,
  r.max_consecutive_wins,
  r.max_consecutive_losses,
  r.expectancy_usdt,
  r.payoff_ratio,
  r.recovery_factor,
  r.omega_ratio,
  r.long_trades,
  r.short_trades,
  r.long_win_rate,
  r.short_win_rate,
  r.long_pnl,
  r.short_pnl,
  r.total_bars,
  r.bars_in_position,
  r.time_in_market_pct,
  r.total_funding_paid_usdt,
  r.total_funding_received_usdt,
  r.net_funding_usdt,
  r.ulcer_index,
  r.entry_attempts,
  r.entry_rejections,
  r.entry_rejection_rate,
  r.min_margin_ratio,
  r.margin_calls,
  r.closest_liquidation_pct,
  r.skewness,
  r.kurtosis,
  r.var_95_pct,
  r.cvar_95_pct,
  r.avg_leverage_used,
  r.max_gross_exposure_pct,
  r.mae_avg_pct,
  r.mfe_avg_pct,
  r.cagr_pct,
  r.volatility_pct,
  r.profit_factor_mode,
  r.error
from (
  -- Without a join or a filter: so the planner reads it by its index, in the order of rank.
  select sweep_id, rank, point_index from result_ranks
  union all
  select
    o.sweep_id,
    row_number() over (
      partition by o.sweep_id
      order by o.eligible desc, objective_key(o.objective, u.objective_direction), o.point_index
    ) as rank,
    o.point_index
  from sweeps u
  join results o on o.sweep_id = u.sweep_id
  where u.ranked_at is null
) k
join sweeps s on s.sweep_id = k.sweep_id
join results r on r.sweep_id = k.sweep_id and r.point_index = k.point_index;

-- The id of the sweep that `sweep` names: an id, a unique prefix of one, a name (the newest), or last.
create function find_sweep_id(sweep text) returns text
language plpgsql stable as $$
declare
  found text;
  matches bigint;
begin
  if sweep = 'last' then
    select max(s.sweep_id) into found from sweeps s;
  else
    select s.sweep_id into found from sweeps s where s.sweep_id = sweep;
    if found is null then
      select max(s.sweep_id) into found from sweeps s where s.name = sweep;
    end if;
    if found is null then
      select max(s.sweep_id), count(*) into found, matches
      from sweeps s where starts_with(s.sweep_id, sweep);
      if matches > 1 then
        raise exception 'the prefix % names % sweeps', sweep, matches;
      end if;
    end if;
  end if;
  if found is null then
    raise exception 'there is no sweep %', sweep using hint = 'select sweep_id, name from sweeps';
  end if;
  return found;
end $$;

-- The metric columns of results, for messages and for callers that build a query.
create function metric_names() returns setof text
language sql stable as $$
  select a.attname::text from pg_attribute a
  where a.attrelid = 'results'::regclass and a.atttypid = 'double precision'::regtype
    and a.attnum > 0 and not a.attisdropped and a.attname <> 'objective'
  order by a.attnum
$$;

-- One axis of a sweep: {name, columns, count, stride, values}; a column of a linked axis names its axis.
create function find_sweep_axis(sweep text, axis text) returns jsonb
language plpgsql stable as $$
declare
  found jsonb;
  names text;
begin
  select a into found
  from sweeps s, jsonb_array_elements(s.axes) a
  where s.sweep_id = sweep and (a->>'name' = axis or a->'columns' ? axis)
  order by (a->>'name' = axis) desc limit 1;
  if found is null then
    select string_agg(a->>'name', ', ') into names
    from sweeps s, jsonb_array_elements(s.axes) a where s.sweep_id = sweep;
    raise exception 'sweep % has no axis %', sweep, axis using hint = 'its axes: ' || coalesce(names, 'none');
  end if;
  return found;
end $$;

-- A metric along one axis, over all other axes: one row per value, in the axis' order.
create function sweep_marginal(sweep text, axis text, metric text)
returns table (axis_value jsonb, points bigint, eligible bigint, minimum double precision,
  mean double precision, median double precision, maximum double precision)
language plpgsql stable as $$
declare
  id text := find_sweep_id(sweep);
  a jsonb := find_sweep_axis(id, axis);
begin
  if not exists (select 1 from metric_names() m where m = metric) then
    raise exception 'there is no metric %', metric using hint = 'select metric_names()';
  end if;
  return query execute format(
    'select case when jsonb_array_length($4->g.k) = 1 then $4->g.k->0 else $4->g.k end,
            g.points, g.eligible, g.minimum, g.mean, g.median, g.maximum
     from (select (r.point_index / $2 %% $3)::integer as k, count(*) as points,
                  count(*) filter (where r.eligible) as eligible, min(%1$I) as minimum,
                  avg(%1$I) as mean, percentile_cont(0.5) within group (order by %1$I) as median,
                  max(%1$I) as maximum
           from results r where r.sweep_id = $1 group by 1) g
     order by g.k', metric)
  using id, (a->>'stride')::bigint, (a->>'count')::bigint, a->'values';
end $$;

-- A metric over two axes, over all other axes: one row per pair of values that has rows.
create function sweep_heatmap(sweep text, x text, y text, metric text)
returns table (x_value jsonb, y_value jsonb, points bigint, eligible bigint,
  minimum double precision, mean double precision, maximum double precision)
language plpgsql stable as $$
declare
  id text := find_sweep_id(sweep);
  ax jsonb := find_sweep_axis(id, x);
  ay jsonb := find_sweep_axis(id, y);
begin
  if not exists (select 1 from metric_names() m where m = metric) then
    raise exception 'there is no metric %', metric using hint = 'select metric_names()';
  end if;
  return query execute format(
    'select case when jsonb_array_length($4->g.kx) = 1 then $4->g.kx->0 else $4->g.kx end,
            case when jsonb_array_length($7->g.ky) = 1 then $7->g.ky->0 else $7->g.ky end,
            g.points, g.eligible, g.minimum, g.mean, g.maximum
     from (select (r.point_index / $2 %% $3)::integer as kx, (r.point_index / $5 %% $6)::integer as ky,
                  count(*) as points, count(*) filter (where r.eligible) as eligible,
                  min(%1$I) as minimum, avg(%1$I) as mean, max(%1$I) as maximum
           from results r where r.sweep_id = $1 group by 1, 2) g
     order by g.kx, g.ky', metric)
  using id, (ax->>'stride')::bigint, (ax->>'count')::bigint, ax->'values',
    (ay->>'stride')::bigint, (ay->>'count')::bigint, ay->'values';
end $$;

-- Dashboards and analysts read everything and write nothing. Where this user may not create roles,
-- the store works without; the administrator can create the role and grant the same.
do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'ideasweep_readonly') then
    begin
      create role ideasweep_readonly nologin;
    exception when insufficient_privilege or duplicate_object or unique_violation then
      null;
    end;
  end if;
  if exists (select 1 from pg_roles where rolname = 'ideasweep_readonly') then
    begin
      execute format('grant usage on schema %I to ideasweep_readonly', current_schema());
      execute format('grant select on all tables in schema %I to ideasweep_readonly', current_schema());
      execute format('alter default privileges in schema %I grant select on tables to ideasweep_readonly',
        current_schema());
    exception when insufficient_privilege then
      null;
    end;
  end if;
end $$;

comment on table store_info is 'One row: who this store is.';
comment on column store_info.store_id is 'Part of every Temporal task queue name, so that two stores never run each other''s batches.';
comment on column store_info.created_at is 'When the schema was created.';

comment on table sweeps is 'One row per sweep: one card over its whole grid.';
comment on column sweeps.sweep_id is 'New for every sweep; ids sort by creation time.';
comment on column sweeps.name is 'Name given in the card; not unique, the newest wins where a name is asked for.';
comment on column sweeps.view_name is 'The view with the axes as columns; it shows the newest sweep of that name that has rows.';
comment on column sweeps.identity is 'Hash of everything that decides the results; an unfinished sweep of the same identity is resumed.';
comment on column sweeps.status is 'planned, running, paused, stopping, completed, completed_with_failures, stopped, cancelled or failed.';
comment on column sweeps.executor is 'Who drove it last: local or temporal.';
comment on column sweeps.profile is 'Rules of the simulated exchange: standard or trade.';
comment on column sweeps.engine_version is 'Engine that computed the rows.';
comment on column sweeps.card_hash is 'Hash of the canonical card.';
comment on column sweeps.candle_digest is 'Digest of the candles the sweep reads.';
comment on column sweeps.spec is 'The resolved sweep: card, axes with values, window, constraints. A worker needs nothing else.';
comment on column sweeps.axes is 'Axes in their order, the last fastest: name, columns, count, stride, values.';
comment on column sweeps.feeds is 'Feed files the sweep reads.';
comment on column sweeps.objective_metric is 'Metric that ranks the sweep.';
comment on column sweeps.objective_direction is 'maximize or minimize.';
comment on column sweeps.window_start is 'First bar open time of the simulation.';
comment on column sweeps.window_end is 'End of the window, exclusive.';
comment on column sweeps.points_total is 'Points of the whole product of the axes.';
comment on column sweeps.points_admitted is 'Points that the constraints admit.';
comment on column sweeps.points_refused is 'Admitted points that the card cannot take.';
comment on column sweeps.points_estimated is 'True when the counts are estimates, because counting would enumerate too much.';
comment on column sweeps.has_rows is 'True from the first saved checkpoint on.';
comment on column sweeps.error is 'Why the sweep failed.';
comment on column sweeps.created_at is 'When the sweep was created.';
comment on column sweeps.started_at is 'When it first ran.';
comment on column sweeps.updated_at is 'Last change of this row.';
comment on column sweeps.ended_at is 'When it reached its last state.';
comment on column sweeps.ranked_at is 'When result_ranks was written; null before the end.';

comment on table batches is 'Half-open ranges of point indices, each executed as one unit and saved in checkpoints.';
comment on column batches.sweep_id is 'The sweep.';
comment on column batches.start_index is 'First point index.';
comment on column batches.end_index is 'End of the range, exclusive.';
comment on column batches.next_index is 'Everything below it is saved, in the same transaction as the rows.';
comment on column batches.state is 'pending, running, done or failed.';
comment on column batches.attempt is 'Times the batch was claimed; writes of an older attempt are refused.';
comment on column batches.worker is 'Process that claimed it last.';
comment on column batches.elapsed_ms is 'Time spent on it by finished attempts, ms.';
comment on column batches.digest is 'Digest of the rows of the attempt that finished it.';
comment on column batches.completed is 'Saved points that ran, with whatever outcome.';
comment on column batches.failed is 'Saved points whose run ended in an error.';
comment on column batches.refused is 'Saved points that the card cannot take.';
comment on column batches.eligible is 'Saved points that meet the sweep''s requirements.';
comment on column batches.best_point_index is 'Best saved point, in the order of ranks.';
comment on column batches.best_objective is 'Objective of that point.';
comment on column batches.best_eligible is 'Whether that point is eligible.';
comment on column batches.claimed_at is 'When the last attempt began.';
comment on column batches.updated_at is 'Last change of this row.';

comment on table results is 'One row per admitted point, list-partitioned by sweep.';
comment on column results.sweep_id is 'The sweep; one partition each.';
comment on column results.point_index is 'Ordinal of the point in the grid, mixed radix, last axis fastest.';
comment on column results.outcome is 'completed, no_trades, liquidated, account_blown, refused or failed.';
comment on column results.eligible is 'Meets the sweep''s requirements and has trades; ranked before all that do not.';
comment on column results.objective is 'Value of the sweep''s objective metric.';
comment on column results.params is 'Parameter values of the point by axis column.';
comment on column results.initial_equity is 'Starting equity, USDT.';
comment on column results.final_equity is 'Last equity point, USDT.';
comment on column results.net_profit is 'final_equity − initial_equity, USDT.';
comment on column results.net_return_pct is 'net_profit in percent of initial_equity.';
comment on column results.benchmark_return_pct is 'Buy and hold from the first to the last bar, percent.';
comment on column results.alpha_pct is 'net_return_pct − benchmark_return_pct.';
comment on column results.max_drawdown_abs is 'Deepest fall of equity below its running peak, USDT.';
comment on column results.max_drawdown_pct is 'Deepest fall in percent of the running peak; maximised on its own.';
comment on column results.max_drawdown_duration_bars is 'Longest run of bars not above the previous peak.';
comment on column results.total_trades is 'Closed trades.';
comment on column results.win_rate is 'Winning trades in percent of all.';
comment on column results.avg_trade_return_pct is 'Mean of pnl_pct over trades.';
comment on column results.profit_factor is 'gross_profit / gross_loss; 100 when nothing was lost; see profit_factor_mode.';
comment on column results.sharpe is 'Mean over deviation of returns, annualised; risk-free rate 0.';
comment on column results.sortino is 'Mean over downside deviation of returns, annualised.';
comment on column results.calmar is 'CAGR over the deepest drawdown.';
comment on column results.win_count is 'Trades with net_pnl > 0.';
comment on column results.loss_count is 'Trades with net_pnl < 0.';
comment on column results.gross_profit is 'Sum of the wins, USDT.';
comment on column results.gross_loss is 'Absolute sum of the losses, USDT.';
comment on column results.total_fees is 'Sum of fees paid, USDT.';
comment on column results.avg_win_usdt is 'gross_profit per winning trade, USDT.';
comment on column results.avg_loss_usdt is 'gross_loss per losing trade, USDT, positive.';
comment on column results.largest_win_usdt is 'Largest win, USDT.';
comment on column results.largest_loss_usdt is 'Largest loss, USDT, positive.';
comment on column results.avg_trade_duration_bars is 'Mean duration of trades, bars.';
comment on column results.avg_winning_trade_duration_bars is 'Mean duration of winning trades, bars.';
comment on column results.avg_losing_trade_duration_bars is 'Mean duration of losing trades, bars.';
comment on column results.max_consecutive_wins is 'Longest run of wins; a breakeven trade ends it.';
comment on column results.max_consecutive_losses is 'Longest run of losses; a breakeven trade ends it.';
comment on column results.expectancy_usdt is 'Mean net_pnl per trade, USDT.';
comment on column results.payoff_ratio is 'avg_win_usdt / avg_loss_usdt; 0 without losses.';
comment on column results.recovery_factor is 'net_profit / max_drawdown_abs; 0 without drawdown.';
comment on column results.omega_ratio is 'Sum of gains over absolute sum of losses of the returns.';
comment on column results.long_trades is 'Closed long trades.';
comment on column results.short_trades is 'Closed short trades.';
comment on column results.long_win_rate is 'Winning long trades in percent of long trades.';
comment on column results.short_win_rate is 'Winning short trades in percent of short trades.';
comment on column results.long_pnl is 'Sum of net_pnl of long trades, USDT.';
comment on column results.short_pnl is 'Sum of net_pnl of short trades, USDT.';
comment on column results.total_bars is 'Equity points of the run.';
comment on column results.bars_in_position is 'Bars that ended with an open position.';
comment on column results.time_in_market_pct is 'bars_in_position in percent of total_bars.';
comment on column results.total_funding_paid_usdt is 'Funding paid, USDT.';
comment on column results.total_funding_received_usdt is 'Funding received, USDT.';
comment on column results.net_funding_usdt is 'Funding received − paid, USDT.';
comment on column results.ulcer_index is 'Root mean square of the drawdown in percent.';
comment on column results.entry_attempts is 'Entry orders sent.';
comment on column results.entry_rejections is 'Entry orders rejected.';
comment on column results.entry_rejection_rate is 'entry_rejections / entry_attempts, a fraction.';
comment on column results.min_margin_ratio is 'Smallest equity / used margin, at most 1.';
comment on column results.margin_calls is 'Bars with negative free margin.';
comment on column results.closest_liquidation_pct is 'Smallest distance of equity to maintenance margin, percent, at most 100.';
comment on column results.skewness is 'Skewness of the returns.';
comment on column results.kurtosis is 'Kurtosis of the returns, not excess.';
comment on column results.var_95_pct is 'Value at risk of one return at 95 %, percent.';
comment on column results.cvar_95_pct is 'Mean of the worst 5 % of the returns, percent.';
comment on column results.avg_leverage_used is 'Mean leverage over bars with a position.';
comment on column results.max_gross_exposure_pct is 'Largest exposure in percent of equity.';
comment on column results.mae_avg_pct is 'Mean of the trades'' worst excursion, percent.';
comment on column results.mfe_avg_pct is 'Mean of the trades'' best excursion, percent.';
comment on column results.cagr_pct is 'Compound annual growth rate, percent.';
comment on column results.volatility_pct is 'Deviation of returns, annualised, percent.';
comment on column results.profit_factor_mode is 'finite, infinite (nothing lost) or undefined (nothing won or lost).';
comment on column results.error is 'Why the point was refused or failed.';

comment on table result_ranks is 'Places of a sweep''s points, written once when it ends.';
comment on column result_ranks.sweep_id is 'The sweep.';
comment on column result_ranks.rank is '1-based place.';
comment on column result_ranks.point_index is 'The point.';

comment on table schedules is 'Cards that run every night; the card as it was when the schedule was created.';
comment on column schedules.name is 'Name of the schedule, here and in Temporal.';
comment on column schedules.card_text is 'The card, as written.';
comment on column schedules.card_file is 'Where the card was read from.';
comment on column schedules.options is 'Overrides given with the schedule: axes, window, objective and others.';
comment on column schedules.cron is 'When, as a cron expression.';
comment on column schedules.timezone is 'Time zone of the cron expression.';
comment on column schedules.created_at is 'When it was created.';
comment on column schedules.updated_at is 'Last change.';

comment on table nightly_runs is 'One row per night: the sweep it ran and how it compares with the night before.';
comment on column nightly_runs.nightly_run_id is 'Ascending number.';
comment on column nightly_runs.schedule_name is 'Schedule that ran it; null when it was run by hand or cron.';
comment on column nightly_runs.name is 'Sweep name.';
comment on column nightly_runs.as_of is 'Day the rolling window ends at.';
comment on column nightly_runs.window_start is 'Resolved window, start.';
comment on column nightly_runs.window_end is 'Resolved window, end, exclusive.';
comment on column nightly_runs.sweep_id is 'The sweep of that night; null where it failed before it had one.';
comment on column nightly_runs.previous_sweep_id is 'The sweep it was compared with.';
comment on column nightly_runs.status is 'running, completed, completed_with_failures or failed.';
comment on column nightly_runs.best is 'Best point: rank, point_index, params, metrics.';
comment on column nightly_runs.comparison is 'Differences from the night before.';
comment on column nightly_runs.error is 'Why the night failed, as CODE: message where it had no sweep.';
comment on column nightly_runs.started_at is 'When it began.';
comment on column nightly_runs.ended_at is 'When it ended.';

comment on view ranked_results is 'Every saved point of every sweep with its rank within the sweep. Fast when filtered by sweep_id; find_sweep_id(''name'') gives it.';
comment on column ranked_results.sweep is 'Name of the sweep.';
comment on column ranked_results.sweep_id is 'Id of the sweep.';
comment on column ranked_results.rank is '1-based place within the sweep; of the points saved so far while it runs.';
comment on column ranked_results.point_index is 'Ordinal of the point in the grid.';
comment on column ranked_results.eligible is 'Meets the sweep''s requirements and has trades.';
comment on column ranked_results.outcome is 'completed, no_trades, liquidated, account_blown, refused or failed.';
comment on column ranked_results.params is 'Parameter values by axis column.';
comment on column ranked_results.objective is 'Value of the sweep''s objective metric.';
comment on column ranked_results.initial_equity is 'Starting equity, USDT.';
comment on column ranked_results.final_equity is 'Last equity point, USDT.';
comment on column ranked_results.net_profit is 'final_equity − initial_equity, USDT.';
comment on column ranked_results.net_return_pct is 'net_profit in percent of initial_equity.';
comment on column ranked_results.benchmark_return_pct is 'Buy and hold from the first to the last bar, percent.';
comment on column ranked_results.alpha_pct is 'net_return_pct − benchmark_return_pct.';
comment on column ranked_results.max_drawdown_abs is 'Deepest fall of equity below its running peak, USDT.';
comment on column ranked_results.max_drawdown_pct is 'Deepest fall in percent of the running peak; maximised on its own.';
comment on column ranked_results.max_drawdown_duration_bars is 'Longest run of bars not above the previous peak.';
comment on column ranked_results.total_trades is 'Closed trades.';
comment on column ranked_results.win_rate is 'Winning trades in percent of all.';
comment on column ranked_results.avg_trade_return_pct is 'Mean of pnl_pct over trades.';
comment on column ranked_results.profit_factor is 'gross_profit / gross_loss; 100 when nothing was lost; see profit_factor_mode.';
comment on column ranked_results.sharpe is 'Mean over deviation of returns, annualised; risk-free rate 0.';
comment on column ranked_results.sortino is 'Mean over downside deviation of returns, annualised.';
comment on column ranked_results.calmar is 'CAGR over the deepest drawdown.';
comment on column ranked_results.win_count is 'Trades with net_pnl > 0.';
comment on column ranked_results.loss_count is 'Trades with net_pnl < 0.';
comment on column ranked_results.gross_profit is 'Sum of the wins, USDT.';
comment on column ranked_results.gross_loss is 'Absolute sum of the losses, USDT.';
comment on column ranked_results.total_fees is 'Sum of fees paid, USDT.';
comment on column ranked_results.avg_win_usdt is 'gross_profit per winning trade, USDT.';
comment on column ranked_results.avg_loss_usdt is 'gross_loss per losing trade, USDT, positive.';
comment on column ranked_results.largest_win_usdt is 'Largest win, USDT.';
comment on column ranked_results.largest_loss_usdt is 'Largest loss, USDT, positive.';
comment on column ranked_results.avg_trade_duration_bars is 'Mean duration of trades, bars.';
comment on column ranked_results.avg_winning_trade_duration_bars is 'Mean duration of winning trades, bars.';
comment on column ranked_results.avg_losing_trade_duration_bars is 'Mean duration of losing trades, bars.';
comment on column ranked_results.max_consecutive_wins is 'Longest run of wins; a breakeven trade ends it.';
comment on column ranked_results.max_consecutive_losses is 'Longest run of losses; a breakeven trade ends it.';
comment on column ranked_results.expectancy_usdt is 'Mean net_pnl per trade, USDT.';
comment on column ranked_results.payoff_ratio is 'avg_win_usdt / avg_loss_usdt; 0 without losses.';
comment on column ranked_results.recovery_factor is 'net_profit / max_drawdown_abs; 0 without drawdown.';
comment on column ranked_results.omega_ratio is 'Sum of gains over absolute sum of losses of the returns.';
comment on column ranked_results.long_trades is 'Closed long trades.';
comment on column ranked_results.short_trades is 'Closed short trades.';
comment on column ranked_results.long_win_rate is 'Winning long trades in percent of long trades.';
comment on column ranked_results.short_win_rate is 'Winning short trades in percent of short trades.';
comment on column ranked_results.long_pnl is 'Sum of net_pnl of long trades, USDT.';
comment on column ranked_results.short_pnl is 'Sum of net_pnl of short trades, USDT.';
comment on column ranked_results.total_bars is 'Equity points of the run.';
comment on column ranked_results.bars_in_position is 'Bars that ended with an open position.';
comment on column ranked_results.time_in_market_pct is 'bars_in_position in percent of total_bars.';
comment on column ranked_results.total_funding_paid_usdt is 'Funding paid, USDT.';
comment on column ranked_results.total_funding_received_usdt is 'Funding received, USDT.';
comment on column ranked_results.net_funding_usdt is 'Funding received − paid, USDT.';
comment on column ranked_results.ulcer_index is 'Root mean square of the drawdown in percent.';
comment on column ranked_results.entry_attempts is 'Entry orders sent.';
comment on column ranked_results.entry_rejections is 'Entry orders rejected.';
comment on column ranked_results.entry_rejection_rate is 'entry_rejections / entry_attempts, a fraction.';
comment on column ranked_results.min_margin_ratio is 'Smallest equity / used margin, at most 1.';
comment on column ranked_results.margin_calls is 'Bars with negative free margin.';
comment on column ranked_results.closest_liquidation_pct is 'Smallest distance of equity to maintenance margin, percent, at most 100.';
comment on column ranked_results.skewness is 'Skewness of the returns.';
comment on column ranked_results.kurtosis is 'Kurtosis of the returns, not excess.';
comment on column ranked_results.var_95_pct is 'Value at risk of one return at 95 %, percent.';
comment on column ranked_results.cvar_95_pct is 'Mean of the worst 5 % of the returns, percent.';
comment on column ranked_results.avg_leverage_used is 'Mean leverage over bars with a position.';
comment on column ranked_results.max_gross_exposure_pct is 'Largest exposure in percent of equity.';
comment on column ranked_results.mae_avg_pct is 'Mean of the trades'' worst excursion, percent.';
comment on column ranked_results.mfe_avg_pct is 'Mean of the trades'' best excursion, percent.';
comment on column ranked_results.cagr_pct is 'Compound annual growth rate, percent.';
comment on column ranked_results.volatility_pct is 'Deviation of returns, annualised, percent.';
comment on column ranked_results.profit_factor_mode is 'finite, infinite (nothing lost) or undefined (nothing won or lost).';
comment on column ranked_results.error is 'Why the point was refused or failed.';

comment on function objective_key(double precision, text) is 'Order of objectives: the smaller the better, infinity for none.';
comment on function find_sweep_id(text) is 'Id of the sweep named by an id, a unique prefix, a name (the newest) or last.';
comment on function metric_names() is 'Names of the metric columns.';
comment on function find_sweep_axis(text, text) is 'One axis of a sweep, by its name or the name of a column.';
comment on function sweep_marginal(text, text, text) is 'A metric along one axis: select * from sweep_marginal(''last'', ''fast'', ''sharpe'').';
comment on function sweep_heatmap(text, text, text, text) is 'A metric over two axes: select * from sweep_heatmap(''last'', ''fast'', ''slow'', ''sharpe'').';
