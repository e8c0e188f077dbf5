import { z } from 'zod';
import { configSchema } from '../../platform/config-schema.js';
import type { CommandContext } from './command-context.js';
import { renderTable, text } from './output.js';
import type { CommandResult } from './run-command.js';

/** `doctor config`: loading the context has validated everything already. */
export async function runDoctorConfig(
  context: CommandContext,
  options: { validate?: boolean; schema?: boolean },
): Promise<CommandResult> {
  const { loaded, home } = context;
  if (options.schema) {
    const schema = z.toJSONSchema(configSchema, { io: 'input' });
    return { data: { schema }, text: JSON.stringify(schema, null, 2) };
  }
  const file = loaded.file ?? null;
  if (options.validate) {
    return {
      data: { valid: true, file },
      text: `ok    configuration valid (${file ?? 'no file, defaults'})`,
    };
  }
  const show = (value: unknown): string =>
    Array.isArray(value)
      ? value.map((entry) => (typeof entry === 'string' ? entry : (JSON.stringify(entry) ?? ''))).join(', ')
      : value === null
        ? 'none'
        : String(value);
  return {
    data: { file, home: home.path, values: loaded.values },
    text: [
      `Home ${home.path}`,
      `File ${file ?? 'none'}`,
      renderTable(
        [text('Key'), text('Value'), text('Source')],
        loaded.values.map(({ key, value, source }) => [key, show(value), source]),
        context.style,
      ),
    ].join('\n'),
  };
}
