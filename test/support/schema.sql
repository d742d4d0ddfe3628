-- Made by: npm run db:dump. Do not edit; the migrations are the source.

table batches   -- Half-open ranges of point indices, each executed as one unit and saved in checkpoints.
  sweep_id text not null
  start_index bigint not null
  end_index bigint not null
  next_index bigint not null
  state text not null
  attempt integer not null default 0
  worker text
  elapsed_ms double precision not null default 0
  digest text
  completed bigint not null default 0
  failed bigint not null default 0
  refused bigint not null default 0
  eligible bigint not null default 0
  best_point_index bigint
  best_objective double precision
  best_eligible boolean
  claimed_at timestamp with time zone
  updated_at timestamp with time zone not null default now()
  CHECK ((end_index >= start_index))
  CHECK (((next_index >= start_index) AND (next_index <= end_index)))
  CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'failed'::text])))
  FOREIGN KEY (sweep_id) REFERENCES sweeps(sweep_id) ON DELETE CASCADE
  PRIMARY KEY (sweep_id, start_index)
  -- sweep_id: The sweep.
  -- start_index: First point index.
  -- end_index: End of the range, exclusive.
  -- next_index: Everything below it is saved, in the same transaction as the rows.
  -- state: pending, running, done or failed.
  -- attempt: Times the batch was claimed; writes of an older attempt are refused.
  -- worker: Process that claimed it last.
  -- elapsed_ms: Time spent on it by finished attempts, ms.
  -- digest: Digest of the rows of the attempt that finished it.
  -- completed: Saved points that ran, with whatever outcome.
  -- failed: Saved points whose run ended in an error.
  -- refused: Saved points that the card cannot take.
  -- eligible: Saved points that meet the sweep's requirements.
  -- best_point_index: Best saved point, in the order of ranks.
  -- best_objective: Objective of that point.
  -- best_eligible: Whether that point is eligible.
  -- claimed_at: When the last attempt began.
  -- updated_at: Last change of this row.

table nightly_runs   -- One row per night: the sweep it ran and how it compares with the night before.
  nightly_run_id bigint not null
  schedule_name text
  name text not null
  as_of timestamp with time zone not null
  window_start timestamp with time zone
  window_end timestamp with time zone
  sweep_id text
  previous_sweep_id text
  status text not null
  best jsonb
  comparison jsonb
  error text
  started_at timestamp with time zone not null default now()
  ended_at timestamp with time zone
  CHECK ((status = ANY (ARRAY['running'::text, 'completed'::text, 'completed_with_failures'::text, 'failed'::text])))
  FOREIGN KEY (previous_sweep_id) REFERENCES sweeps(sweep_id) ON DELETE SET NULL
  FOREIGN KEY (sweep_id) REFERENCES sweeps(sweep_id) ON DELETE SET NULL
  PRIMARY KEY (nightly_run_id)
  -- nightly_run_id: Ascending number.
  -- schedule_name: Schedule that ran it; null when it was run by hand or cron.
  -- name: Sweep name.
  -- as_of: Day the rolling window ends at.
  -- window_start: Resolved window, start.
  -- window_end: Resolved window, end, exclusive.
  -- sweep_id: The sweep of that night; null where it failed before it had one.
  -- previous_sweep_id: The sweep it was compared with.
  -- status: running, completed, completed_with_failures or failed.
  -- best: Best point: rank, point_index, params, metrics.
  -- comparison: Differences from the night before.
  -- error: Why the night failed, as CODE: message where it had no sweep.
  -- started_at: When it began.
  -- ended_at: When it ended.

table result_ranks   -- Places of a sweep's points, written once when it ends.
  sweep_id text not null
  rank bigint not null
  point_index bigint not null
  -- sweep_id: The sweep.
  -- rank: 1-based place.
  -- point_index: The point.

table results   -- One row per admitted point, list-partitioned by sweep.
  sweep_id text not null
  point_index bigint not null
  outcome text not null
  eligible boolean not null
  objective double precision
  params jsonb not null
  initial_equity double precision
  final_equity double precision
  net_profit double precision
  net_return_pct double precision
  benchmark_return_pct double precision
  alpha_pct double precision
  max_drawdown_abs double precision
  max_drawdown_pct double precision
  max_drawdown_duration_bars double precision
  total_trades double precision
  win_rate double precision
  avg_trade_return_pct double precision
  profit_factor double precision
  sharpe double precision
  sortino double precision
  calmar double precision
  win_count double precision
  loss_count double precision
  gross_profit double precision
  gross_loss double precision
  total_fees double precision
  avg_win_usdt double precision
  avg_loss_usdt double precision
  largest_win_usdt double precision
  largest_loss_usdt double precision
  avg_trade_duration_bars double precision
  avg_winning_trade_duration_bars double precision
  avg_losing_trade_duration_bars double precision
  max_consecutive_wins double precision
  max_consecutive_losses double precision
  expectancy_usdt double precision
  payoff_ratio double precision
  recovery_factor double precision
  omega_ratio double precision
  long_trades double precision
  short_trades double precision
  long_win_rate double precision
  short_win_rate double precision
  long_pnl double precision
  short_pnl double precision
  total_bars double precision
  bars_in_position double precision
  time_in_market_pct double precision
  total_funding_paid_usdt double precision
  total_funding_received_usdt double precision
  net_funding_usdt double precision
  ulcer_index double precision
  entry_attempts double precision
  entry_rejections double precision
  entry_rejection_rate double precision
  min_margin_ratio double precision
  margin_calls double precision
  closest_liquidation_pct double precision
  skewness double precision
  kurtosis double precision
  var_95_pct double precision
  cvar_95_pct double precision
  avg_leverage_used double precision
  max_gross_exposure_pct double precision
  mae_avg_pct double precision
  mfe_avg_pct double precision
  cagr_pct double precision
  volatility_pct double precision
  profit_factor_mode text
  error text
  PRIMARY KEY (sweep_id, point_index)
  -- sweep_id: The sweep; one partition each.
  -- point_index: Ordinal of the point in the grid, mixed radix, last axis fastest.
  -- outcome: completed, no_trades, liquidated, account_blown, refused or failed.
  -- eligible: Meets the sweep's requirements and has trades; ranked before all that do not.
  -- objective: Value of the sweep's objective metric.
  -- params: Parameter values of the point by axis column.
  -- initial_equity: Starting equity, USDT.
  -- final_equity: Last equity point, USDT.
  -- net_profit: final_equity − initial_equity, USDT.
  -- net_return_pct: net_profit in percent of initial_equity.
  -- benchmark_return_pct: Buy and hold from the first to the last bar, percent.
  -- alpha_pct: net_return_pct − benchmark_return_pct.
  -- max_drawdown_abs: Deepest fall of equity below its running peak, USDT.
  -- max_drawdown_pct: Deepest fall in percent of the running peak; maximised on its own.
  -- max_drawdown_duration_bars: Longest run of bars not above the previous peak.
  -- total_trades: Closed trades.
  -- win_rate: Winning trades in percent of all.
  -- avg_trade_return_pct: Mean of pnl_pct over trades.
  -- profit_factor: gross_profit / gross_loss; 100 when nothing was lost; see profit_factor_mode.
  -- sharpe: Mean over deviation of returns, annualised; risk-free rate 0.
  -- sortino: Mean over downside deviation of returns, annualised.
  -- calmar: CAGR over the deepest drawdown.
  -- win_count: Trades with net_pnl > 0.
  -- loss_count: Trades with net_pnl < 0.
  -- gross_profit: Sum of the wins, USDT.
  -- gross_loss: Absolute sum of the losses, USDT.
  -- total_fees: Sum of fees paid, USDT.
  -- avg_win_usdt: gross_profit per winning trade, USDT.
  -- avg_loss_usdt: gross_loss per losing trade, USDT, positive.
  -- largest_win_usdt: Largest win, USDT.
  -- largest_loss_usdt: Largest loss, USDT, positive.
  -- avg_trade_duration_bars: Mean duration of trades, bars.
  -- avg_winning_trade_duration_bars: Mean duration of winning trades, bars.
  -- avg_losing_trade_duration_bars: Mean duration of losing trades, bars.
  -- max_consecutive_wins: Longest run of wins; a breakeven trade ends it.
  -- max_consecutive_losses: Longest run of losses; a breakeven trade ends it.
  -- expectancy_usdt: Mean net_pnl per trade, USDT.
  -- payoff_ratio: avg_win_usdt / avg_loss_usdt; 0 without losses.
  -- recovery_factor: net_profit / max_drawdown_abs; 0 without drawdown.
  -- omega_ratio: Sum of gains over absolute sum of losses of the returns.
  -- long_trades: Closed long trades.
  -- short_trades: Closed short trades.
  -- long_win_rate: Winning long trades in percent of long trades.
  -- short_win_rate: Winning short trades in percent of short trades.
  -- long_pnl: Sum of net_pnl of long trades, USDT.
  -- short_pnl: Sum of net_pnl of short trades, USDT.
  -- total_bars: Equity points of the run.
  -- bars_in_position: Bars that ended with an open position.
  -- time_in_market_pct: bars_in_position in percent of total_bars.
  -- total_funding_paid_usdt: Funding paid, USDT.
  -- total_funding_received_usdt: Funding received, USDT.
  -- net_funding_usdt: Funding received − paid, USDT.
  -- ulcer_index: Root mean square of the drawdown in percent.
  -- entry_attempts: Entry orders sent.
  -- entry_rejections: Entry orders rejected.
  -- entry_rejection_rate: entry_rejections / entry_attempts, a fraction.
  -- min_margin_ratio: Smallest equity / used margin, at most 1.
  -- margin_calls: Bars with negative free margin.
  -- closest_liquidation_pct: Smallest distance of equity to maintenance margin, percent, at most 100.
  -- skewness: Skewness of the returns.
  -- kurtosis: Kurtosis of the returns, not excess.
  -- var_95_pct: Value at risk of one return at 95 %, percent.
  -- cvar_95_pct: Mean of the worst 5 % of the returns, percent.
  -- avg_leverage_used: Mean leverage over bars with a position.
  -- max_gross_exposure_pct: Largest exposure in percent of equity.
  -- mae_avg_pct: Mean of the trades' worst excursion, percent.
  -- mfe_avg_pct: Mean of the trades' best excursion, percent.
  -- cagr_pct: Compound annual growth rate, percent.
  -- volatility_pct: Deviation of returns, annualised, percent.
  -- profit_factor_mode: finite, infinite (nothing lost) or undefined (nothing won or lost).
  -- error: Why the point was refused or failed.

table schedules   -- Cards that run every night; the card as it was when the schedule was created.
  name text not null
  card_text text not null
  card_file text
  options jsonb not null default '{}'::jsonb
  cron text not null
  timezone text not null
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()
  PRIMARY KEY (name)
  -- name: Name of the schedule, here and in Temporal.
  -- card_text: The card, as written.
  -- card_file: Where the card was read from.
  -- options: Overrides given with the schedule: axes, window, objective and others.
  -- cron: When, as a cron expression.
  -- timezone: Time zone of the cron expression.
  -- created_at: When it was created.
  -- updated_at: Last change.

table schema_migrations   -- Migrations that were applied, the schema's version among them: the highest number.
  version integer not null
  name text not null
  applied_at timestamp with time zone not null default now()
  PRIMARY KEY (version)
  -- version: Number of the migration, as in its file name.
  -- name: Name of its file, without .sql.
  -- applied_at: When it was applied.

table store_info   -- One row: who this store is.
  store_id uuid not null default gen_random_uuid()
  created_at timestamp with time zone not null default now()
  PRIMARY KEY (store_id)
  -- store_id: Part of every Temporal task queue name, so that two stores never run each other's batches.
  -- created_at: When the schema was created.

table sweeps   -- One row per sweep: one card over its whole grid.
  sweep_id text not null
  name text not null
  view_name text not null
  identity text not null
  status text not null
  executor text not null
  profile text not null
  engine_version text not null
  card_hash text not null
  candle_digest text not null
  spec json not null
  axes jsonb not null
  feeds jsonb not null
  objective_metric text not null
  objective_direction text not null
  window_start timestamp with time zone not null
  window_end timestamp with time zone not null
  points_total bigint not null
  points_admitted bigint not null
  points_refused bigint not null
  points_estimated boolean not null
  has_rows boolean not null default false
  error text
  created_at timestamp with time zone not null default now()
  started_at timestamp with time zone
  updated_at timestamp with time zone not null default now()
  ended_at timestamp with time zone
  ranked_at timestamp with time zone
  CHECK ((executor = ANY (ARRAY['local'::text, 'temporal'::text])))
  CHECK ((objective_direction = ANY (ARRAY['maximize'::text, 'minimize'::text])))
  CHECK ((status = ANY (ARRAY['planned'::text, 'running'::text, 'paused'::text, 'stopping'::text, 'completed'::text, 'completed_with_failures'::text, 'stopped'::text, 'cancelled'::text, 'failed'::text])))
  CHECK ((sweep_id ~ '^[0-9a-z]{12}$'::text))
  PRIMARY KEY (sweep_id)
  -- sweep_id: New for every sweep; ids sort by creation time.
  -- name: Name given in the card; not unique, the newest wins where a name is asked for.
  -- view_name: The view with the axes as columns; it shows the newest sweep of that name that has rows.
  -- identity: Hash of everything that decides the results; an unfinished sweep of the same identity is resumed.
  -- status: planned, running, paused, stopping, completed, completed_with_failures, stopped, cancelled or failed.
  -- executor: Who drove it last: local or temporal.
  -- profile: Rules of the simulated exchange: standard or trade.
  -- engine_version: Engine that computed the rows.
  -- card_hash: Hash of the canonical card.
  -- candle_digest: Digest of the candles the sweep reads.
  -- spec: The resolved sweep: card, axes with values, window, constraints. A worker needs nothing else.
  -- axes: Axes in their order, the last fastest: name, columns, count, stride, values.
  -- feeds: Feed files the sweep reads.
  -- objective_metric: Metric that ranks the sweep.
  -- objective_direction: maximize or minimize.
  -- window_start: First bar open time of the simulation.
  -- window_end: End of the window, exclusive.
  -- points_total: Points of the whole product of the axes.
  -- points_admitted: Points that the constraints admit.
  -- points_refused: Admitted points that the card cannot take.
  -- points_estimated: True when the counts are estimates, because counting would enumerate too much.
  -- has_rows: True from the first saved checkpoint on.
  -- error: Why the sweep failed.
  -- created_at: When the sweep was created.
  -- started_at: When it first ran.
  -- updated_at: Last change of this row.
  -- ended_at: When it reached its last state.
  -- ranked_at: When result_ranks was written; null before the end.

view ranked_results   -- Every saved point of every sweep with its rank within the sweep. Fast when filtered by sweep_id; find_sweep_id('name') gives it.
 SELECT s.name AS sweep,
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
   FROM ( SELECT result_ranks.sweep_id,
            result_ranks.rank,
            result_ranks.point_index
           FROM result_ranks
        UNION ALL
         SELECT o.sweep_id,
            row_number() OVER (PARTITION BY o.sweep_id ORDER BY o.eligible DESC, (objective_key(o.objective, u.objective_direction)), o.point_index) AS rank,
            o.point_index
           FROM sweeps u
             JOIN results o ON o.sweep_id = u.sweep_id
          WHERE u.ranked_at IS NULL) k
     JOIN sweeps s ON s.sweep_id = k.sweep_id
     JOIN results r ON r.sweep_id = k.sweep_id AND r.point_index = k.point_index;
  -- sweep: Name of the sweep.
  -- sweep_id: Id of the sweep.
  -- rank: 1-based place within the sweep; of the points saved so far while it runs.
  -- point_index: Ordinal of the point in the grid.
  -- eligible: Meets the sweep's requirements and has trades.
  -- outcome: completed, no_trades, liquidated, account_blown, refused or failed.
  -- params: Parameter values by axis column.
  -- objective: Value of the sweep's objective metric.
  -- initial_equity: Starting equity, USDT.
  -- final_equity: Last equity point, USDT.
  -- net_profit: final_equity − initial_equity, USDT.
  -- net_return_pct: net_profit in percent of initial_equity.
  -- benchmark_return_pct: Buy and hold from the first to the last bar, percent.
  -- alpha_pct: net_return_pct − benchmark_return_pct.
  -- max_drawdown_abs: Deepest fall of equity below its running peak, USDT.
  -- max_drawdown_pct: Deepest fall in percent of the running peak; maximised on its own.
  -- max_drawdown_duration_bars: Longest run of bars not above the previous peak.
  -- total_trades: Closed trades.
  -- win_rate: Winning trades in percent of all.
  -- avg_trade_return_pct: Mean of pnl_pct over trades.
  -- profit_factor: gross_profit / gross_loss; 100 when nothing was lost; see profit_factor_mode.
  -- sharpe: Mean over deviation of returns, annualised; risk-free rate 0.
  -- sortino: Mean over downside deviation of returns, annualised.
  -- calmar: CAGR over the deepest drawdown.
  -- win_count: Trades with net_pnl > 0.
  -- loss_count: Trades with net_pnl < 0.
  -- gross_profit: Sum of the wins, USDT.
  -- gross_loss: Absolute sum of the losses, USDT.
  -- total_fees: Sum of fees paid, USDT.
  -- avg_win_usdt: gross_profit per winning trade, USDT.
  -- avg_loss_usdt: gross_loss per losing trade, USDT, positive.
  -- largest_win_usdt: Largest win, USDT.
  -- largest_loss_usdt: Largest loss, USDT, positive.
  -- avg_trade_duration_bars: Mean duration of trades, bars.
  -- avg_winning_trade_duration_bars: Mean duration of winning trades, bars.
  -- avg_losing_trade_duration_bars: Mean duration of losing trades, bars.
  -- max_consecutive_wins: Longest run of wins; a breakeven trade ends it.
  -- max_consecutive_losses: Longest run of losses; a breakeven trade ends it.
  -- expectancy_usdt: Mean net_pnl per trade, USDT.
  -- payoff_ratio: avg_win_usdt / avg_loss_usdt; 0 without losses.
  -- recovery_factor: net_profit / max_drawdown_abs; 0 without drawdown.
  -- omega_ratio: Sum of gains over absolute sum of losses of the returns.
  -- long_trades: Closed long trades.
  -- short_trades: Closed short trades.
  -- long_win_rate: Winning long trades in percent of long trades.
  -- short_win_rate: Winning short trades in percent of short trades.
  -- long_pnl: Sum of net_pnl of long trades, USDT.
  -- short_pnl: Sum of net_pnl of short trades, USDT.
  -- total_bars: Equity points of the run.
  -- bars_in_position: Bars that ended with an open position.
  -- time_in_market_pct: bars_in_position in percent of total_bars.
  -- total_funding_paid_usdt: Funding paid, USDT.
  -- total_funding_received_usdt: Funding received, USDT.
  -- net_funding_usdt: Funding received − paid, USDT.
  -- ulcer_index: Root mean square of the drawdown in percent.
  -- entry_attempts: Entry orders sent.
  -- entry_rejections: Entry orders rejected.
  -- entry_rejection_rate: entry_rejections / entry_attempts, a fraction.
  -- min_margin_ratio: Smallest equity / used margin, at most 1.
  -- margin_calls: Bars with negative free margin.
  -- closest_liquidation_pct: Smallest distance of equity to maintenance margin, percent, at most 100.
  -- skewness: Skewness of the returns.
  -- kurtosis: Kurtosis of the returns, not excess.
  -- var_95_pct: Value at risk of one return at 95 %, percent.
  -- cvar_95_pct: Mean of the worst 5 % of the returns, percent.
  -- avg_leverage_used: Mean leverage over bars with a position.
  -- max_gross_exposure_pct: Largest exposure in percent of equity.
  -- mae_avg_pct: Mean of the trades' worst excursion, percent.
  -- mfe_avg_pct: Mean of the trades' best excursion, percent.
  -- cagr_pct: Compound annual growth rate, percent.
  -- volatility_pct: Deviation of returns, annualised, percent.
  -- profit_factor_mode: finite, infinite (nothing lost) or undefined (nothing won or lost).
  -- error: Why the point was refused or failed.

CREATE UNIQUE INDEX batches_pkey ON public.batches USING btree (sweep_id, start_index)
CREATE INDEX nightly_runs_name ON public.nightly_runs USING btree (name, nightly_run_id)
CREATE UNIQUE INDEX nightly_runs_pkey ON public.nightly_runs USING btree (nightly_run_id)
CREATE UNIQUE INDEX results_pkey ON ONLY public.results USING btree (sweep_id, point_index)
CREATE UNIQUE INDEX schedules_pkey ON public.schedules USING btree (name)
CREATE UNIQUE INDEX schema_migrations_pkey ON public.schema_migrations USING btree (version)
CREATE UNIQUE INDEX store_info_pkey ON public.store_info USING btree (store_id)
CREATE INDEX sweeps_identity ON public.sweeps USING btree (identity)
CREATE INDEX sweeps_name ON public.sweeps USING btree (name, sweep_id)
CREATE UNIQUE INDEX sweeps_pkey ON public.sweeps USING btree (sweep_id)
CREATE INDEX sweeps_view_name ON public.sweeps USING btree (view_name, sweep_id)

CREATE OR REPLACE FUNCTION public.find_sweep_axis(sweep text, axis text)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$

CREATE OR REPLACE FUNCTION public.find_sweep_id(sweep text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$

CREATE OR REPLACE FUNCTION public.metric_names()
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
AS $function$
  select a.attname::text from pg_attribute a
  where a.attrelid = 'results'::regclass and a.atttypid = 'double precision'::regtype
    and a.attnum > 0 and not a.attisdropped and a.attname <> 'objective'
  order by a.attnum
$function$

CREATE OR REPLACE FUNCTION public.objective_key(objective double precision, direction text)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(case direction when 'maximize' then -objective else objective end, 'infinity')
$function$

CREATE OR REPLACE FUNCTION public.sweep_heatmap(sweep text, x text, y text, metric text)
 RETURNS TABLE(x_value jsonb, y_value jsonb, points bigint, eligible bigint, minimum double precision, mean double precision, maximum double precision)
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$

CREATE OR REPLACE FUNCTION public.sweep_marginal(sweep text, axis text, metric text)
 RETURNS TABLE(axis_value jsonb, points bigint, eligible bigint, minimum double precision, mean double precision, median double precision, maximum double precision)
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$
