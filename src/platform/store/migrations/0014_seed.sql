-- The carrier rows of the eight regime drivers in three timeframes, and the rows that run-time configuration starts from.
-- Curators come from the file of the configuration, which is read at every start.
insert into positions (instrument_id, token_chain, token_contract, token_ticker, timeframe, book_id, status)
select 'regime:onchain_crypto:' || replace(lower(driver), '.', '_'), 'regime',
       'regime_' || replace(lower(driver), '.', '_'), driver, timeframe, 'onchain_crypto', 'regime_driver'
  from unnest(array['BTC', 'ALT', 'nano', 'small', 'mid', 'big', 'BTC.d', 'USDT.d']) as driver,
       unnest(array['1m', '1h', '1d']) as timeframe
on conflict (instrument_id, timeframe, book_id) do nothing;

insert into module_configs (module_id, config_data, notes)
select module_id, '{}'::jsonb, 'defaults of the configuration file hold'
  from unnest(array['social_ingest', 'decision_maker', 'pm', 'safety']) as module_id
on conflict (module_id) do nothing;
