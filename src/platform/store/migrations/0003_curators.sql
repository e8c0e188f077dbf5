-- Who gives signals, and every signal that was given.
create table if not exists curators (
  curator_id text primary key,
  name text not null,
  description text,
  notes text,
  twitter_handle text,
  telegram_handle text,
  total_signals int not null default 0,
  successful_signals int not null default 0,
  failed_signals int not null default 0,
  win_rate double precision not null default 0,
  total_pnl_pct double precision not null default 0,
  best_performer_token text,
  best_performer_pct double precision,
  worst_performer_token text,
  worst_performer_pct double precision,
  avg_performer_token text,
  avg_performer_pct double precision,
  base_weight double precision not null default 0.6 check (base_weight between 0 and 1),
  performance_weight double precision not null default 0.6 check (performance_weight between 0 and 1),
  final_weight double precision not null default 0.6 check (final_weight between 0 and 1),
  status text not null default 'active' check (status in ('active', 'inactive', 'suspended', 'testing')),
  tags text[] not null default '{}',
  chain_counts jsonb not null default '{}',
  last_seen_at timestamptz,
  last_signal_at timestamptz,
  performance_updated_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on curators
  for each row execute function set_updated_at();
create index if not exists curators_status on curators (status);
create index if not exists curators_final_weight on curators (final_weight desc);
create index if not exists curators_twitter on curators (twitter_handle);
create index if not exists curators_telegram on curators (telegram_handle);

create table if not exists curator_signals (
  id bigserial primary key,
  curator_id text not null references curators (curator_id),
  platform text not null,
  handle text,
  signal_id text not null unique,
  message_id text not null,
  message_url text,
  content text,
  extracted_tokens jsonb not null default '[]',
  sentiment text check (sentiment in ('bullish', 'bearish', 'neutral')),
  confidence double precision,
  primary_token_chain text,
  primary_token_contract text,
  primary_token_ticker text,
  primary_token_name text,
  token_key text not null default '',
  signal_type text check (signal_type in ('call', 'alert', 'analysis', 'update')),
  urgency text check (urgency in ('low', 'medium', 'high', 'critical')),
  tags text[] not null default '{}',
  position_created boolean not null default false,
  position_id uuid,
  signal_outcome text check (signal_outcome in ('profitable', 'loss', 'breakeven', 'pending')),
  signal_pnl_pct numeric(12, 6),
  signal_pnl_usd numeric(20, 8),
  processed_at timestamptz,
  outcome_updated_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (platform, message_id, token_key)
);
create or replace trigger set_updated_at before update on curator_signals
  for each row execute function set_updated_at();
create index if not exists curator_signals_curator on curator_signals (curator_id, created_at);
create index if not exists curator_signals_outcome on curator_signals (signal_outcome);
