-- What social ingest has read, and which process holds what.
create table if not exists social_messages (
  platform text not null,
  message_id text not null,
  curator_id text not null,
  handle text,
  ts timestamptz not null,
  text text,
  url text,
  media jsonb not null default '[]',
  is_retweet boolean not null default false,
  is_reply boolean not null default false,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  outcome text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (platform, message_id)
);
create or replace trigger set_updated_at before update on social_messages
  for each row execute function set_updated_at();
create index if not exists social_messages_ts on social_messages (ts);
create index if not exists social_messages_unprocessed on social_messages (received_at) where processed_at is null;

create table if not exists social_cursors (
  curator_id text not null,
  platform text not null,
  last_message_id text,
  last_timestamp timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (curator_id, platform)
);
create or replace trigger set_updated_at before update on social_cursors
  for each row execute function set_updated_at();

create table if not exists ignored_tokens (
  term text primary key,
  rule text not null check (rule in ('suppress', 'hard_block')),
  until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on ignored_tokens
  for each row execute function set_updated_at();

create table if not exists leases (
  name text primary key,
  owner text not null,
  pid int not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on leases
  for each row execute function set_updated_at();

create table if not exists bootstrap_runs (
  id uuid primary key default gen_random_uuid(),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  status text not null default 'running' check (status in ('running', 'ok', 'partial', 'degraded', 'failed')),
  steps jsonb not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on bootstrap_runs
  for each row execute function set_updated_at();
create index if not exists bootstrap_runs_recent on bootstrap_runs (started_at desc);
