-- Run-time configuration with its history, and the history of jobs (the queue itself lives in the schema pgboss).
create table if not exists module_configs (
  module_id text primary key,
  config_data jsonb not null,
  updated_by text not null default 'system' check (updated_by in ('system', 'manual', 'learning_system')),
  notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on module_configs
  for each row execute function set_updated_at();

create table if not exists module_config_history (
  id bigserial primary key,
  module_id text not null,
  config_data jsonb,
  updated_by text,
  notes text,
  operation text not null check (operation in ('insert', 'update', 'delete')),
  created_at timestamptz not null default now()
);
create index if not exists module_config_history_module on module_config_history (module_id, created_at desc);

create or replace function record_module_config() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into module_config_history (module_id, config_data, updated_by, notes, operation)
      values (old.module_id, null, old.updated_by, old.notes, 'delete');
    return old;
  end if;
  insert into module_config_history (module_id, config_data, updated_by, notes, operation)
    values (new.module_id, new.config_data, new.updated_by, new.notes, lower(tg_op));
  return new;
end
$$;
create or replace trigger record_history after insert or update or delete on module_configs
  for each row execute function record_module_config();

create table if not exists job_runs (
  id uuid primary key default gen_random_uuid(),
  job text not null,
  window_key text not null,
  status text not null default 'queued' check (status in ('queued', 'running', 'ok', 'failed', 'skipped')),
  attempt int not null default 0,
  degraded boolean not null default false,
  started_at timestamptz,
  finished_at timestamptz,
  rows int,
  stats jsonb not null default '{}',
  error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (job, window_key)
);
create or replace trigger set_updated_at before update on job_runs
  for each row execute function set_updated_at();
create index if not exists job_runs_recent on job_runs (job, created_at desc);
create index if not exists job_runs_open on job_runs (status) where status in ('queued', 'running');
-- Jobs that are started by hand carry a key in stats: one of a job and key is open at a time.
create unique index if not exists job_runs_one_open on job_runs (job, (stats ->> 'key'))
  where status in ('queued', 'running');
