/** Times as people and API callers write them: ISO-8601 with a zone, or a date; never without a zone. */
import { TidewatchError } from '../errors.js';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * ISO-8601 with a zone, or a date (00:00 UTC), as epoch milliseconds.
 * @throws TidewatchError `naive_time` for a date-time without zone, `bad_parameter`
 */
export function parseTime(value: string, name: string): number {
  const zoned = DATE_TIME.exec(value);
  if (zoned && !zoned[3]) {
    throw new TidewatchError('naive_time', `${name} "${value}" has no zone`, {
      hint: `write ${value.replace(' ', 'T')}Z for UTC`,
      details: { parameter: name, value },
    });
  }
  const time = DATE.test(value) || zoned ? Date.parse(value.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(time) || (DATE.test(value) && new Date(time).toISOString().slice(0, 10) !== value)) {
    throw new TidewatchError('bad_parameter', `${name} "${value}" is not a time`, {
      hint: 'write 2024-05-08 or 2024-05-08T12:00:00Z',
      details: { parameter: name, value },
    });
  }
  return time;
}
