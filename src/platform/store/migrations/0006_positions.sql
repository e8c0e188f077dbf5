-- One row per instrument, timeframe and book; what the parts know about it lies in rows of their own.
create table if not exists positions (
  id uuid primary key default gen_random_uuid(),
  instrument_id text not null,
  token_chain text not null,
  token_contract text not null,
  token_ticker text,
  timeframe text not null check (timeframe in ('1m', '5m', '15m', '1h', '4h', '1d')),
  book_id text not null default 'onchain_crypto',
  status text not null default 'watchlist'
    check (status in ('dormant', 'watchlist', 'active', 'shadow', 'paused', 'archived', 'regime_driver')),
  state text not null default 'S4' check (state in ('S0', 'S1', 'S2', 'S3', 'S4')),
  bars_count int not null default 0,
  bars_threshold int not null default 350,
  alloc_policy jsonb,
  total_allocation_pct numeric(12, 6),
  total_quantity numeric(38, 18) not null default 0 check (total_quantity >= 0),
  total_allocation_usd numeric(20, 8) not null default 0 check (total_allocation_usd >= 0),
  total_extracted_usd numeric(20, 8) not null default 0 check (total_extracted_usd >= 0),
  total_tokens_bought numeric(38, 18) not null default 0 check (total_tokens_bought >= 0),
  total_tokens_sold numeric(38, 18) not null default 0 check (total_tokens_sold >= 0),
  usd_alloc_remaining numeric(20, 8) check (usd_alloc_remaining >= 0),
  avg_entry_price numeric(38, 18),
  avg_exit_price numeric(38, 18),
  current_usd_value numeric(20, 8) not null default 0,
  rpnl_usd numeric(20, 8) not null default 0,
  rpnl_pct numeric(12, 6) not null default 0,
  total_pnl_usd numeric(20, 8) not null default 0,
  total_pnl_pct numeric(12, 6) not null default 0,
  pnl_last_calculated_at timestamptz,
  pnl_stale boolean not null default false,
  current_trade_id uuid,
  first_entry_timestamp timestamptz,
  last_activity_timestamp timestamptz,
  closed_at timestamptz,
  close_reason text check (close_reason in ('s0', 'abandoned_residual', 'manual')),
  entry_event text check (
    entry_event in ('S1.retest_entry', 'S2.entry', 'S1.entry_zone_blocked', 'S2.entry_zone_blocked')
  ),
  entry_context jsonb not null default '{}',
  curator_sources jsonb not null default '[]',
  source_url text,
  notes text,
  version int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (instrument_id, timeframe, book_id),
  constraint positions_active_has_trade check (status <> 'active' or current_trade_id is not null),
  constraint positions_watchlist_is_flat check (status <> 'watchlist' or total_quantity = 0)
);
create or replace trigger set_updated_at before update on positions
  for each row execute function set_updated_at();
create index if not exists positions_timeframe_status on positions (timeframe, status);
create index if not exists positions_watched on positions (timeframe, id)
  where status in ('watchlist', 'active', 'shadow');
create index if not exists positions_active_book on positions (book_id) where status = 'active';
create index if not exists positions_value on positions (current_usd_value) where current_usd_value > 0;
create index if not exists positions_ticker on positions (token_ticker);
create index if not exists positions_trade on positions (current_trade_id);
create index if not exists positions_created on positions (created_at);

create table if not exists position_features (
  position_id uuid not null references positions (id) on delete cascade,
  key text not null check (
    key in (
      'trend', 'trend_meta', 'ta', 'geometry', 'exec_history', 'episode_meta', 'intent_metrics', 'venue_meta',
      'token_meta'
    )
  ),
  data jsonb not null,
  bar_ts timestamptz,
  version int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (position_id, key)
);
create or replace trigger set_updated_at before update on position_features
  for each row execute function set_updated_at();
create index if not exists position_features_key on position_features (key, updated_at);
