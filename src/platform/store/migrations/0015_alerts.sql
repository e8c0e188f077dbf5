-- What is wrong now, and what was: an alert fires once, may change while it is open, and is cleared by name.
create table if not exists alerts (
  id bigserial primary key,
  name text not null,
  kind text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  message text not null,
  details jsonb not null default '{}',
  fired_at timestamptz not null,
  cleared_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on alerts
  for each row execute function set_updated_at();
create unique index if not exists alerts_one_open on alerts (name) where cleared_at is null;
create index if not exists alerts_recent on alerts (fired_at desc);

select protect_table('alerts');
grant usage, select on sequence alerts_id_seq to app_rw, app_migrate;
