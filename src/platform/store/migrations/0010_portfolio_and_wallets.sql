-- Money: what wallets hold, what the whole was worth, what flowed in and out, what was sent to venues.
create table if not exists wallet_balances (
  venue text not null,
  chain text not null,
  wallet_label text not null,
  wallet_address text,
  native_symbol text,
  native_qty numeric(38, 18),
  native_usd numeric(20, 8),
  stable_usd numeric(20, 8) check (stable_usd >= 0),
  margin_equity_usd numeric(20, 8),
  margin_used_usd numeric(20, 8),
  withdrawable_usd numeric(20, 8),
  unrealized_pnl_usd numeric(20, 8),
  source text,
  fetched_at timestamptz,
  error text,
  stale boolean not null default false,
  extra jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (venue, chain, wallet_label)
);
create or replace trigger set_updated_at before update on wallet_balances
  for each row execute function set_updated_at();

create table if not exists balance_snapshots (
  id bigserial primary key,
  snapshot_type text not null check (snapshot_type in ('hourly', '4hour', 'daily', 'weekly', 'monthly')),
  window_start timestamptz not null,
  window_end timestamptz not null,
  captured_at timestamptz not null,
  n_samples int not null default 0,
  expected_samples int not null default 0,
  total_open numeric(20, 8),
  total_high numeric(20, 8),
  total_low numeric(20, 8),
  total_close numeric(20, 8),
  total_avg numeric(20, 8),
  stable_usd_close numeric(20, 8),
  native_usd_close numeric(20, 8),
  positions_value_close numeric(20, 8),
  margin_equity_close numeric(20, 8),
  unrealized_pnl_close numeric(20, 8),
  realized_pnl_cum numeric(20, 8),
  net_flow numeric(20, 8),
  twr_return double precision,
  active_count_close int,
  watchlist_count_close int,
  by_book jsonb not null default '{}',
  by_chain jsonb not null default '{}',
  positions jsonb not null default '[]',
  quality text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (snapshot_type, window_start)
);
create or replace trigger set_updated_at before update on balance_snapshots
  for each row execute function set_updated_at();

create table if not exists portfolio_snapshots (
  book_id text not null,
  ts timestamptz not null,
  nav_usd numeric(20, 8) not null,
  cash_usd numeric(20, 8),
  positions_usd numeric(20, 8),
  margin_equity_usd numeric(20, 8),
  core_count int,
  created_at timestamptz not null default now(),
  primary key (book_id, ts)
);

create table if not exists cash_flows (
  id bigserial primary key,
  ts timestamptz not null,
  venue text not null,
  book_id text,
  position_id uuid,
  amount_usd numeric(20, 8) not null,
  kind text not null check (kind in ('deposit', 'withdraw', 'transfer', 'fee', 'funding', 'settlement')),
  ref text unique,
  created_at timestamptz not null default now()
);
create index if not exists cash_flows_ts on cash_flows (ts);

create table if not exists execution_journal (
  id bigserial primary key,
  idempotency_key text not null unique,
  decision_id uuid,
  status text not null check (
    status in (
      'planned', 'signed', 'submitted', 'filled', 'partial', 'skipped', 'rejected', 'error', 'unknown'
    )
  ),
  attempt int not null default 0,
  payload_hash text,
  venue_ref text,
  result jsonb,
  planned_at timestamptz,
  signed_at timestamptz,
  submitted_at timestamptz,
  filled_at timestamptz,
  partial_at timestamptz,
  skipped_at timestamptz,
  rejected_at timestamptz,
  error_at timestamptz,
  unknown_at timestamptz,
  created_at timestamptz not null default now()
);
create index if not exists execution_journal_decision on execution_journal (decision_id);
create index if not exists execution_journal_open on execution_journal (status)
  where status in ('planned', 'signed', 'submitted', 'unknown');
