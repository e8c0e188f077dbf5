/** Settings of a family of models as people type them: `jump_penalty=100`. */
import type { Json } from '../../analysis/models/regime-model.js';
import { TidewatchError } from '../../errors.js';
import { parseWhole } from './flags.js';

export type Settings = Readonly<Record<string, Json>>;

export interface SettingFlags {
  readonly setting?: readonly string[];
  readonly sticky?: string;
}

/** `--sticky` is short for the setting of that meaning. @throws TidewatchError `bad_parameter` */
export function settingsOf({ setting, sticky }: SettingFlags): { settings?: Settings } {
  if (setting === undefined && sticky === undefined) return {};
  return {
    settings: {
      ...parseSettings(setting ?? []),
      ...(sticky === undefined ? {} : { target_duration: parseWhole(sticky, '--sticky', 1, 1_000_000) }),
    },
  };
}

/**
 * `name=value`; a value that is a number or true and false is taken as such.
 * @throws TidewatchError `bad_parameter`
 */
export function parseSettings(typed: readonly string[]): Settings {
  return Object.fromEntries(
    typed.map((each) => {
      const [, name, value] = /^([a-z_]+)=(.+)$/.exec(each) ?? [];
      if (name === undefined || value === undefined) {
        throw new TidewatchError('bad_parameter', `the setting "${each}" is not name=value`, {
          hint: 'write it like --setting jump_penalty=100; --set names a feature set',
          details: { parameter: 'setting', value: each },
        });
      }
      return [name, settingOf(value)];
    }),
  );
}

function settingOf(value: string): Json {
  if (value === 'true' || value === 'false') return value === 'true';
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}
