/** Run-time configuration per module; every change is kept in module_config_history by a trigger. */
import { z } from 'zod';
import type { Sql } from './sql.js';

const MODULES = ['social_ingest', 'decision_maker', 'pm', 'safety'] as const;
type ModuleId = (typeof MODULES)[number];

const configData = z.record(z.string(), z.json());

export type ConfigData = z.infer<typeof configData>;

export class ModuleConfigs {
  constructor(private readonly sql: Sql) {}

  /** An empty record where nothing was set. */
  async read(module: ModuleId): Promise<ConfigData> {
    const { rows } = await this.sql.query<{ config_data: unknown }>(
      'SELECT config_data FROM module_configs WHERE module_id = $1',
      [module],
    );
    return rows[0] === undefined ? {} : configData.parse(rows[0].config_data);
  }

  async write(
    module: ModuleId,
    data: ConfigData,
    by: 'system' | 'manual' | 'learning_system',
  ): Promise<void> {
    await this.sql.query(
      `INSERT INTO module_configs (module_id, config_data, updated_by) VALUES ($1, $2::jsonb, $3)
       ON CONFLICT (module_id) DO UPDATE SET config_data = excluded.config_data, updated_by = excluded.updated_by`,
      [module, JSON.stringify(configData.parse(data)), by],
    );
  }
}
