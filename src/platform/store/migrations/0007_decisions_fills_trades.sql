-- From decision to fill to closed trade. Decisions are the ledger of idempotence, fills that of money.
create table if not exists decisions (
  id uuid primary key default gen_random_uuid(),
  position_id uuid not null references positions (id),
  trade_id uuid,
  bar_ts timestamptz not null,
  side text not null check (side in ('buy', 'sell', 'shadow')),
  attempt int not null default 0,
  decision_type text not null
    check (decision_type in ('entry', 'add', 'trim', 'emergency_exit', 'shadow_entry')),
  size_frac double precision,
  notional_usd numeric(20, 8),
  a_value double precision,
  e_value double precision,
  pattern_key text,
  reasons jsonb not null default '{}',
  status text not null default 'planned'
    check (status in ('planned', 'sent', 'filled', 'partial', 'skipped', 'failed')),
  error text,
  strand_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (position_id, bar_ts, side, attempt)
);
create or replace trigger set_updated_at before update on decisions
  for each row execute function set_updated_at();
create index if not exists decisions_open on decisions (status) where status in ('planned', 'sent');
create index if not exists decisions_position on decisions (position_id, created_at desc);

create table if not exists fills (
  id uuid primary key default gen_random_uuid(),
  decision_id uuid not null references decisions (id),
  fill_no int not null default 0,
  position_id uuid not null references positions (id),
  trade_id uuid,
  side text not null check (side in ('buy', 'sell', 'shadow')),
  tokens numeric(38, 18) not null check (tokens > 0),
  usd numeric(20, 8) not null check (usd >= 0),
  price numeric(38, 18) not null,
  fee_usd numeric(20, 8) not null default 0,
  slippage_pct double precision,
  tx_hash text,
  venue text not null,
  executed_at timestamptz not null,
  created_at timestamptz not null default now(),
  unique (decision_id, fill_no)
);
create unique index if not exists fills_transaction on fills (venue, tx_hash, position_id)
  where tx_hash is not null;
create index if not exists fills_trade on fills (trade_id);
create index if not exists fills_position on fills (position_id, executed_at);

create table if not exists trades (
  trade_id uuid primary key,
  position_id uuid not null references positions (id),
  token_contract text not null,
  token_chain text not null,
  token_ticker text,
  timeframe text not null check (timeframe in ('1m', '5m', '15m', '1h', '4h', '1d')),
  book_id text not null,
  opened_at timestamptz not null,
  closed_at timestamptz not null,
  entry_price numeric(38, 18),
  exit_price numeric(38, 18),
  decision_type text,
  exit_reason text,
  close_reason text check (close_reason in ('s0', 'abandoned_residual', 'manual')),
  rr double precision,
  rr_missing boolean not null default false,
  return_frac double precision,
  max_drawdown double precision,
  max_gain double precision,
  best_entry_price numeric(38, 18),
  best_entry_ts timestamptz,
  missed_entry_rr double precision,
  cf_entry_bucket text check (cf_entry_bucket in ('none', 'small', 'medium', 'large')),
  best_exit_price numeric(38, 18),
  best_exit_ts timestamptz,
  missed_exit_rr double precision,
  cf_exit_bucket text check (cf_exit_bucket in ('none', 'small', 'medium', 'large')),
  outcome_class text
    check (outcome_class in ('big_win', 'small_win', 'breakeven', 'small_loss', 'big_loss')),
  hold_time_days double precision,
  hold_time_class text check (hold_time_class in ('short', 'medium', 'long')),
  time_to_s3_days double precision,
  reached_s3 boolean not null default false,
  n_trims int not null default 0,
  rpnl_usd numeric(20, 8),
  rpnl_pct numeric(12, 6),
  total_pnl_usd numeric(20, 8),
  total_pnl_pct numeric(12, 6),
  allocation_usd numeric(20, 8),
  extracted_usd numeric(20, 8),
  tokens_bought numeric(38, 18),
  tokens_sold numeric(38, 18),
  avg_entry_price numeric(38, 18),
  avg_exit_price numeric(38, 18),
  residual_tokens numeric(38, 18),
  residual_usd numeric(20, 8),
  entry_context jsonb not null default '{}',
  actions jsonb not null default '[]',
  pattern_key text,
  action_category text,
  scope jsonb not null default '{}',
  controls jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index if not exists trades_closed on trades (closed_at desc);
create index if not exists trades_position on trades (position_id);
create index if not exists trades_timeframe on trades (timeframe, closed_at);
create index if not exists trades_scope on trades using gin (scope);
