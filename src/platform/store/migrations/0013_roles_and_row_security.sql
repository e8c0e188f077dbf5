-- Who may do what: app_rw (services), app_ro (dashboard, API), app_migrate (owner, changes of the schema). Row-level
-- security is enabled and forced on every table, nothing is allowed but by a policy. The embedded database has one
-- user, who stands above all this; on a server it holds.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['app_rw', 'app_ro', 'app_migrate'] loop
    begin
      if not exists (select 1 from pg_roles where rolname = wanted) then
        execute format('create role %I nologin', wanted);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- another database of the same server was migrated at the same moment
    end;
    if not pg_has_role(current_user, wanted, 'usage') then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
  -- the queue makes its own schema, and a table for each kind of job
  execute format('grant create on database %I to app_rw', current_database());
end
$$;

grant usage on schema public to app_rw, app_ro, app_migrate;
grant create on schema public to app_migrate;

-- Every later table is handed to this function by the migration that makes it.
create or replace function protect_table(name text, append boolean default false) returns void
language plpgsql as $$
declare
  books text := '';
begin
  execute format('alter table %I enable row level security', name);
  execute format('alter table %I force row level security', name);
  execute format('drop policy if exists migrate_all on %I', name);
  execute format('create policy migrate_all on %I for all to app_migrate using (true) with check (true)', name);
  execute format('grant all on %I to app_migrate', name);

  execute format('drop policy if exists service_read on %I', name);
  execute format('drop policy if exists service_add on %I', name);
  execute format('drop policy if exists service_change on %I', name);
  execute format('drop policy if exists service_delete on %I', name);
  execute format('create policy service_read on %I for select to app_rw using (true)', name);
  execute format('create policy service_add on %I for insert to app_rw with check (true)', name);
  execute format('grant select, insert on %I to app_rw', name);
  if not append then
    execute format('create policy service_change on %I for update to app_rw using (true) with check (true)', name);
    execute format('create policy service_delete on %I for delete to app_rw using (true)', name);
    execute format('grant update, delete on %I to app_rw', name);
  end if;

  -- app.book_ids, a comma list, narrows what a reader sees to these books; not set: all of them
  if exists (
    select 1 from information_schema.columns
     where table_schema = 'public' and table_name = name and column_name = 'book_id'
  ) then
    books := $q$ and (book_id is null or book_id = any (string_to_array(current_setting('app.book_ids', true), ',')))$q$;
  elsif exists (
    select 1 from information_schema.columns
     where table_schema = 'public' and table_name = name and column_name = 'position_id'
  ) then
    books := $q$ and (position_id is null or exists (select 1 from positions p where p.id = position_id))$q$;
  end if;
  execute format('drop policy if exists reader_read on %I', name);
  execute format(
    'create policy reader_read on %I for select to app_ro using (%s)', name,
    case when books = '' then 'true'
         else $q$coalesce(current_setting('app.book_ids', true), '') = ''$q$ || ' or (true' || books || ')' end
  );
  execute format('grant select on %I to app_ro', name);
end
$$;

do $$
declare
  name text;
begin
  for name in select tablename from pg_tables where schemaname = 'public' loop
    perform protect_table(name, name in (
      'fills', 'trade_events', 'trajectories', 'position_signals', 'strands', 'module_config_history',
      'cash_flows', 'edge_history'
    ));
  end loop;
end
$$;

-- of a strand, three columns are filled in later
drop policy if exists service_change on strands;
create policy service_change on strands for update to app_rw using (true) with check (true);
grant update (processed_at, position_id, content) on strands to app_rw;

-- the list of migrations is written by migrations only
revoke insert, update, delete on schema_migrations from app_rw;

-- a reader sees neither addresses, nor the history of the configuration, nor what a failed job said
revoke select on wallet_balances, module_config_history, job_runs from app_ro;
grant select (
  id, job, window_key, status, attempt, degraded, started_at, finished_at, rows, stats, created_at, updated_at
) on job_runs to app_ro;

create or replace view wallet_balance_overview as
  select venue, chain, wallet_label, native_symbol, native_qty, native_usd, stable_usd, margin_equity_usd,
         margin_used_usd, withdrawable_usd, unrealized_pnl_usd, source, fetched_at, error, stale, created_at,
         updated_at
    from wallet_balances;

do $$
declare
  name text;
begin
  for name in select viewname from pg_views where schemaname = 'public' loop
    execute format('grant select on %I to app_rw, app_ro', name);
  end loop;
end
$$;

grant usage, select on all sequences in schema public to app_rw, app_migrate;
