/**
 * Runs in <home>/runs: one folder each with a manifest that says what was computed from which data with which
 * configuration, seed and version, so that it can be made again. A run's id follows from its content: the same inputs
 * give the same run.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { causalityProofSchema } from '../../analysis/causality/causality-proof.js';
import { TidewatchError } from '../../errors.js';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { writeFileAtomic } from '../../platform/atomic-file.js';

const RUN_ID = /^[A-Za-z0-9._-]{1,200}$/;

export const runManifestSchema = z.object({
  schema_version: z.literal(1),
  run_id: z.string().regex(RUN_ID),
  kind: z.enum(['regime', 'walk_forward', 'comparison', 'uptrend', 'majors_alts']),
  created_at: z.int(),
  version: z.string(),
  seed: z.int(),
  config: z.record(z.string(), z.json()),
  data: z.object({
    instrument_id: z.string(),
    timeframe: z.enum(TIMEFRAMES),
    source: z.enum(['native', 'derived']),
    rows: z.int(),
    first_ts: z.int(),
    last_ts: z.int(),
    hash: z.string(),
  }),
  /** Null for a run that fits models of its own, or none. */
  model_id: z.string().nullable(),
  /** That the features looked at nothing later, tried on these data; by feature set for a comparison. */
  causality: z.array(causalityProofSchema).optional(),
  /** SHA-256 of each table of the run, by file name. */
  outputs: z.record(z.string(), z.string()).optional(),
});

export type RunManifest = z.infer<typeof runManifestSchema>;

/** A run of the regimes of one saved model. */
export type ModelRun = RunManifest & { readonly model_id: string };

export class RunStore {
  constructor(private readonly folder: string) {}

  private path(id: string): string {
    if (!RUN_ID.test(id) || id.startsWith('.')) {
      throw new TidewatchError('bad_parameter', `"${id}" is not a run id`, { details: { run_id: id } });
    }
    return join(this.folder, id, 'manifest.json');
  }

  /** Id of the run that these inputs lead to. @param key everything that decides its numbers */
  id(kind: RunManifest['kind'], data: RunManifest['data'], key: string): string {
    const digest = createHash('sha256').update(`${key}|${data.hash}`).digest('hex').slice(0, 8);
    const symbol = data.instrument_id.slice(data.instrument_id.lastIndexOf(':') + 1);
    return `${kind}_${symbol}_${data.timeframe}_${digest}`;
  }

  /** Folder of a run. @throws TidewatchError `bad_parameter` */
  folderOf(id: string): string {
    return dirname(this.path(id));
  }

  /** Writes the manifest unless the same run is there; returns what is stored. */
  record(manifest: Omit<RunManifest, 'run_id' | 'schema_version'>): RunManifest {
    const id = this.id(manifest.kind, manifest.data, manifest.model_id ?? '');
    return existsSync(this.path(id)) ? this.load(id) : this.write({ ...manifest, run_id: id });
  }

  /** Writes the manifest of a run whose tables are there; a run made again keeps the time it was first made. */
  write(manifest: Omit<RunManifest, 'schema_version'>): RunManifest {
    const path = this.path(manifest.run_id);
    const complete: RunManifest = {
      schema_version: 1,
      ...manifest,
      created_at: existsSync(path) ? this.load(manifest.run_id).created_at : manifest.created_at,
    };
    writeFileAtomic(path, `${JSON.stringify(complete, null, 1)}\n`, 0o600);
    return complete;
  }

  /** @throws TidewatchError `unknown_run`, `unsupported_schema_version`, `unreadable_file` */
  load(id: string): RunManifest {
    const path = this.path(id);
    if (!existsSync(path)) {
      throw new TidewatchError('unknown_run', `there is no run ${id}`, {
        hint: `see the folders in ${this.folder}`,
        details: { run_id: id },
      });
    }
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new TidewatchError('unreadable_file', `the manifest ${path} is not JSON`, {
        hint: 'build the report again',
        cause: error,
      });
    }
    const version = (json as { schema_version?: unknown } | null)?.schema_version;
    if (version !== 1) {
      throw new TidewatchError('unsupported_schema_version', `the run ${id} has another schema version`, {
        hint: 'build the report again',
        details: { run_id: id, version },
      });
    }
    const parsed = runManifestSchema.safeParse(json);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    throw new TidewatchError(
      'unreadable_file',
      `the manifest ${path}: ${issue.path.join('.')}: ${issue.message}`,
      {
        hint: 'build the report again',
      },
    );
  }

  /** Manifests that can be read, newest first. */
  list(): RunManifest[] {
    if (!existsSync(this.folder)) return [];
    const runs: RunManifest[] = [];
    for (const name of readdirSync(this.folder)) {
      if (!RUN_ID.test(name) || !existsSync(join(this.folder, name, 'manifest.json'))) continue;
      try {
        runs.push(this.load(name));
      } catch (error) {
        if (!(error instanceof TidewatchError)) throw error;
      }
    }
    return runs.sort((a, b) => b.created_at - a.created_at || (a.run_id < b.run_id ? 1 : -1));
  }

  /** The newest run of a saved model's regimes. @throws TidewatchError `unknown_run` when there is none */
  newest(): ModelRun {
    const run = this.list().find(isModelRun);
    if (run) return run;
    throw new TidewatchError('unknown_run', 'there is no run yet', { hint: 'run: tidewatch start' });
  }
}

function isModelRun(run: RunManifest): run is ModelRun {
  return run.model_id !== null;
}
