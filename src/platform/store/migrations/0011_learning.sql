-- What was learned: weights, base rates, lessons and the overrides made from them.
create table if not exists factor_weights (
  module text not null,
  scope text not null check (scope in ('lever', 'interaction', 'timeframe')),
  name text not null,
  key text not null,
  weight double precision not null default 1 check (weight between 0.5 and 2),
  rr_short double precision,
  rr_long double precision,
  n int not null default 0,
  sums jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (module, scope, name, key)
);
create or replace trigger set_updated_at before update on factor_weights
  for each row execute function set_updated_at();
create index if not exists factor_weights_name on factor_weights (module, scope, name);

create table if not exists baselines (
  module text not null default '',
  mcap_bucket text not null default '',
  timeframe text not null default '',
  stats jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (module, mcap_bucket, timeframe)
);
create or replace trigger set_updated_at before update on baselines
  for each row execute function set_updated_at();

create table if not exists overrides (
  id bigserial primary key,
  channel text not null default 'multiplier' check (channel in ('multiplier', 'direction')),
  pattern_key text not null,
  action_category text not null,
  scope_subset jsonb not null default '{}',
  scope_hash text not null,
  multiplier double precision not null default 1,
  dir_a double precision check (dir_a between -1 and 1),
  dir_e double precision check (dir_e between -1 and 1),
  tuning_params jsonb,
  confidence double precision check (confidence between 0 and 1),
  n int not null default 0,
  decay_state text check (decay_state in ('stable', 'decaying', 'improving', 'insufficient')),
  active boolean not null default true,
  last_updated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (channel, pattern_key, action_category, scope_hash),
  constraint overrides_action_of_channel check (
    case channel
      when 'multiplier' then action_category in (
        'entry', 'add', 'trim', 'exit', 'tuning_ts_min', 'tuning_halo', 'tuning_s2_ts_min', 'tuning_s2_halo',
        'tuning_dx_min', 'tuning_sr_boost', 'tuning_slope_min', 'tuning_dx_atr_mult'
      )
      else action_category in ('entry', 'add', 'trim', 'exit', 'tuning_tighten', 'tuning_gate', 'tuning_dx')
    end
  )
);
create or replace trigger set_updated_at before update on overrides
  for each row execute function set_updated_at();
create index if not exists overrides_active on overrides (pattern_key, action_category) where active;
create index if not exists overrides_scope on overrides using gin (scope_subset jsonb_path_ops);

create table if not exists lessons (
  id bigserial primary key,
  module text not null,
  pattern_key text not null,
  action_category text not null,
  scope_subset jsonb not null default '{}',
  scope_hash text not null,
  n int not null default 0,
  stats jsonb not null default '{}',
  lesson_type text not null
    check (lesson_type in ('pm_strength', 'tuning_rates', 'tuning_dx_ladder', 'dm_allocation')),
  decay_halflife_hours double precision,
  latent_factor_id text,
  status text not null default 'candidate' check (status in ('candidate', 'active', 'rejected', 'archived')),
  last_validated timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (module, pattern_key, action_category, scope_hash, lesson_type)
);
create or replace trigger set_updated_at before update on lessons
  for each row execute function set_updated_at();

create table if not exists miner_runs (
  id bigserial primary key,
  run_id uuid not null,
  miner_name text not null,
  profile text,
  started_at timestamptz not null default now(),
  completed_at timestamptz,
  book_id text,
  n_trajectories_fetched int not null default 0,
  n_strength_eligible int not null default 0,
  n_tuning_eligible int not null default 0,
  n_strength_lessons_created int not null default 0,
  n_tuning_lessons_created int not null default 0,
  n_overrides_written int not null default 0,
  max_scope_dimensions int not null default 0,
  n_scope_combinations_mined int not null default 0,
  status text not null default 'running' check (status in ('running', 'completed', 'failed')),
  error_message text,
  config_snapshot jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on miner_runs
  for each row execute function set_updated_at();
create index if not exists miner_runs_recent on miner_runs (started_at desc);

create table if not exists research_notes (
  id bigserial primary key,
  kind text not null
    check (kind in ('hypothesis', 'report', 'semantic_tag', 'family_proposal', 'semantic_pattern')),
  level int not null check (level between 1 and 5),
  module text,
  status text not null default 'hypothesis'
    check (status in ('hypothesis', 'validated', 'rejected', 'active', 'deprecated')),
  content jsonb not null default '{}',
  test_results jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on research_notes
  for each row execute function set_updated_at();
