/** The public surface of the library: everything a program that depends on `tidewatch` may import. */
export * from './errors.js';
export * from './market/calendar.js';
export * from './market/clock.js';
export * from './market/instrument.js';
export * from './market/random.js';
export * from './market/resample.js';
export * from './market/series.js';
export * from './market/timeframe.js';
export * from './market/validation.js';
