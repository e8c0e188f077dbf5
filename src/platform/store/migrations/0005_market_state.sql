-- Small market facts that change in place; bars and ticks are in the lake.
create table if not exists token_caps (
  instrument_id text primary key,
  token_chain text not null,
  token_contract text not null,
  bucket text not null check (bucket in ('nano', 'small', 'mid', 'big')),
  mcap_tier text not null check (mcap_tier in ('nano', 'micro', 'mid', 'big', 'large', 'xl')),
  market_cap_usd double precision not null,
  circulating_supply double precision,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on token_caps
  for each row execute function set_updated_at();
create index if not exists token_caps_bucket on token_caps (bucket);

create table if not exists bucket_snapshots (
  bucket text not null check (bucket in ('nano', 'small', 'mid', 'big')),
  horizon text not null check (horizon in ('macro', 'meso', 'micro')),
  ts timestamptz not null,
  phase text,
  score double precision,
  slope double precision,
  curvature double precision,
  delta_res double precision,
  confidence double precision,
  population_count int,
  created_at timestamptz not null default now(),
  primary key (bucket, horizon, ts)
);
create index if not exists bucket_snapshots_ts on bucket_snapshots (ts desc);

create table if not exists composite_state (
  driver text not null,
  book_id text not null default 'onchain_crypto',
  timeframe text not null check (timeframe in ('1m', '1h', '1d')),
  last_ts timestamptz not null,
  last_close double precision not null,
  components jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (driver, book_id, timeframe)
);
create or replace trigger set_updated_at before update on composite_state
  for each row execute function set_updated_at();
