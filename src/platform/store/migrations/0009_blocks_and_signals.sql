-- Where an entry is blocked after failures, and what the trend engine said at each bar.
create table if not exists entry_blocks (
  token_contract text not null,
  token_chain text not null,
  timeframe text not null check (timeframe in ('1m', '5m', '15m', '1h', '4h', '1d')),
  book_id text not null default 'onchain_crypto',
  blocked_s1 boolean not null default false,
  blocked_s2 boolean not null default false,
  last_s1_failure_ts timestamptz,
  last_s2_failure_ts timestamptz,
  last_success_ts timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (token_contract, token_chain, timeframe, book_id)
);
create or replace trigger set_updated_at before update on entry_blocks
  for each row execute function set_updated_at();
create index if not exists entry_blocks_blocked on entry_blocks (token_contract, token_chain, timeframe, book_id)
  where blocked_s1 or blocked_s2;

create table if not exists position_signals (
  id bigserial primary key,
  position_id uuid not null references positions (id) on delete cascade,
  bar_ts timestamptz not null,
  state text not null check (state in ('S0', 'S1', 'S2', 'S3', 'S4')),
  signal_type text not null check (
    signal_type in (
      'buy_signal', 'buy_flag', 'trim_flag', 'emergency_exit', 'exit_position', 'reclaimed_ema333', 'hold'
    )
  ),
  payload jsonb not null default '{}',
  created_at timestamptz not null default now(),
  unique (position_id, bar_ts)
);
create index if not exists position_signals_recent on position_signals (position_id, bar_ts desc);
create index if not exists position_signals_type on position_signals (signal_type) where signal_type <> 'hold';
