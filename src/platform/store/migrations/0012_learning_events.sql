-- The outcomes that learning reads.
create table if not exists trade_events (
  id bigserial primary key,
  pattern_key text not null,
  action_category text not null,
  scope jsonb not null default '{}',
  rr double precision not null,
  pnl_usd numeric(20, 8),
  trade_id uuid not null,
  ts timestamptz not null,
  created_at timestamptz not null default now(),
  unique (trade_id, pattern_key, action_category, ts)
);
create index if not exists trade_events_pattern on trade_events (pattern_key, action_category);
create index if not exists trade_events_scope on trade_events using gin (scope);
create index if not exists trade_events_ts on trade_events (ts desc);

create table if not exists episode_events (
  id bigserial primary key,
  scope jsonb not null default '{}',
  pattern_key text not null,
  episode_id text not null,
  window_no int not null,
  trade_id uuid,
  decision text not null check (decision in ('acted', 'skipped')),
  outcome text check (outcome in ('success', 'failure', 'neutral')),
  factors jsonb not null default '{}',
  failed_gates text[] not null default '{}',
  ts timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (episode_id, window_no)
);
create or replace trigger set_updated_at before update on episode_events
  for each row execute function set_updated_at();
create index if not exists episode_events_pattern on episode_events (pattern_key, decision);
create index if not exists episode_events_scope on episode_events using gin (scope);

create table if not exists trajectories (
  id bigserial primary key,
  position_id uuid not null,
  trade_id uuid,
  entry_event text not null,
  pattern_key text not null,
  scope jsonb not null default '{}',
  entry_time timestamptz not null,
  is_shadow boolean not null default false,
  blocked_by text[] not null default '{}',
  near_miss_gates text[] not null default '{}',
  gate_margins jsonb not null default '{}',
  trajectory_type text not null check (
    trajectory_type in (
      'immediate_failure', 'trim_but_loss', 'trimmed_winner', 'clean_winner', 'dx_success', 'dx_failure'
    )
  ),
  roi double precision,
  did_trim boolean not null default false,
  n_trims int not null default 0,
  reached_s3 boolean not null default false,
  applied_overrides jsonb not null default '[]',
  closed_at timestamptz not null,
  created_at timestamptz not null default now(),
  unique (position_id, closed_at, entry_event)
);
create index if not exists trajectories_pattern on trajectories (pattern_key, trajectory_type);
create index if not exists trajectories_shadow on trajectories (is_shadow);
create index if not exists trajectories_closed on trajectories (closed_at desc);
create index if not exists trajectories_position on trajectories (position_id);
create index if not exists trajectories_scope on trajectories using gin (scope);
create index if not exists trajectories_overrides on trajectories using gin (applied_overrides);

create table if not exists pattern_scope_stats (
  id bigserial primary key,
  pattern_key text not null,
  action_category text not null check (action_category in ('entry', 'add', 'trim', 'exit')),
  scope_mask int not null,
  scope_values jsonb not null default '{}',
  scope_values_hash text not null,
  n int not null default 0,
  stats jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (pattern_key, action_category, scope_mask, scope_values_hash)
);
create or replace trigger set_updated_at before update on pattern_scope_stats
  for each row execute function set_updated_at();
create index if not exists pattern_scope_stats_mask on pattern_scope_stats (pattern_key, action_category, scope_mask);
create index if not exists pattern_scope_stats_n on pattern_scope_stats (n desc) where n >= 10;

create table if not exists edge_history (
  id bigserial primary key,
  pattern_key text not null,
  action_category text not null,
  scope_signature text not null,
  edge_raw double precision not null,
  n int not null default 0,
  ts timestamptz not null,
  created_at timestamptz not null default now()
);
create index if not exists edge_history_scope on edge_history (pattern_key, action_category, scope_signature, ts desc);
