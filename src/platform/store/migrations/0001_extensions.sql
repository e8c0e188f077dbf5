-- What every later table uses: the clock of mutable rows. gen_random_uuid() is built in; the vector extension is taken
-- where the server offers it (strands get an embedding column then).
create or replace function set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;

do $$
begin
  if exists (select 1 from pg_available_extensions where name = 'vector') then
    create extension if not exists vector;
  end if;
exception when insufficient_privilege then
  raise notice 'the vector extension was not created: insufficient privilege';
end
$$;
