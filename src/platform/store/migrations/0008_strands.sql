-- The thread of events that modules leave for each other and for learning. Strands outlive positions: no foreign key.
create table if not exists strands (
  id text primary key,
  module text not null check (module in ('social_ingest', 'decision_maker', 'pm', 'learning')),
  kind text not null check (
    kind in (
      'social_signal', 'decision', 'pm_action', 'position_closed', 'trend_stage_transition',
      'trend_episode_summary', 'lesson_event'
    )
  ),
  symbol text,
  timeframe text,
  session_bucket text,
  tags jsonb not null default '[]',
  target_agent text,
  position_id uuid,
  trade_id uuid,
  parent_id text,
  signal_pack jsonb,
  content jsonb not null default '{}',
  module_intelligence jsonb,
  regime_context jsonb,
  metadata jsonb,
  status text not null default 'active' check (status in ('active', 'inactive', 'deprecated')),
  processed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create or replace trigger set_updated_at before update on strands
  for each row execute function set_updated_at();
create index if not exists strands_kind on strands (kind, created_at desc);
create index if not exists strands_symbol on strands (symbol, created_at desc);
create index if not exists strands_position on strands (position_id, created_at desc);
create index if not exists strands_trade on strands (trade_id);
create index if not exists strands_parent on strands (parent_id);
create index if not exists strands_unprocessed on strands (kind) where processed_at is null;
create index if not exists strands_tags on strands using gin (tags);
create index if not exists strands_content on strands using gin (content jsonb_path_ops);

do $$
begin
  if exists (select 1 from pg_extension where extname = 'vector') then
    alter table strands add column if not exists embedding vector;
  end if;
end
$$;

do $$
declare
  kind text;
begin
  foreach kind in array array[
    'social_signal', 'decision', 'pm_action', 'position_closed', 'trend_stage_transition',
    'trend_episode_summary', 'lesson_event'
  ] loop
    execute format(
      'create or replace view %I with (security_invoker = true) as
         select id, module, symbol, timeframe, session_bucket, tags, target_agent, position_id, trade_id, parent_id,
                signal_pack, content, module_intelligence, regime_context, metadata, status, processed_at,
                created_at, updated_at
           from strands where kind = %L',
      kind || '_strands', kind
    );
  end loop;
end
$$;
