/**
 * A feature column as data: an input, an indicator over it, and steps that follow. This is what users write under
 * `features` in tidewatch.yaml; it is a composition of known operations, never code.
 *
 *     features:
 *       mine:
 *         - { name: log_ret, input: close, steps: [{ op: log_return }] }
 *         - { name: calm, indicator: natr, params: { period: 20 }, steps: [{ op: z_score, length: 200 }] }
 *         - { name: rsi_4h, indicator: rsi, timeframe: 4h }
 *         - { name: crowd, input: funding_rate_change }
 */
import { z } from 'zod';
import { TIMEFRAMES } from '../../market/timeframe.js';
import { KNOWN_INPUTS } from './feature-inputs.js';
import { OPERATION_NAMES, type OperationName, operation } from './operation.js';

export const BAR_INPUTS = ['open', 'high', 'low', 'close', 'volume', 'typical'] as const;

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** Parameters are checked against the operation's own schema; the message names the parameter. */
function checkParameters(
  name: OperationName,
  params: Readonly<Record<string, unknown>>,
  context: z.RefinementCtx,
  path: PropertyKey[],
): void {
  const parsed = operation(name).params.safeParse(params);
  if (parsed.success) return;
  for (const issue of parsed.error.issues) {
    context.addIssue({
      code: 'custom',
      message: `${name}: ${issue.message}`,
      path: [...path, ...issue.path],
    });
  }
}

const step = z
  .looseObject({ op: z.enum(OPERATION_NAMES).describe('Operation') })
  .superRefine(({ op, ...params }, context) => {
    if (operation(op).kind === 'bars') {
      context.addIssue({
        code: 'custom',
        message: `${op} reads bars and cannot follow a column`,
        path: ['op'],
      });
    } else checkParameters(op, params, context, []);
  });

const column = z
  .strictObject({
    name: z.string().regex(NAME).describe('Column name: small letters, digits and underscore'),
    indicator: z.enum(OPERATION_NAMES).optional().describe('First operation; the input itself when left out'),
    params: z.record(z.string(), z.unknown()).optional().describe('Parameters of the indicator'),
    line: z.string().optional().describe('Output of an indicator that has several; its first when left out'),
    input: z
      .string()
      .optional()
      .describe(
        'open high low close volume typical, a channel or its change, or an earlier column; close when left out',
      ),
    timeframe: z
      .enum(TIMEFRAMES)
      .optional()
      .describe('Computed on bars of this longer timeframe; counts only after they close'),
    steps: z.array(step).default([]).describe('Operations that follow, in order'),
    hidden: z.boolean().default(false).describe('Only read by later columns'),
  })
  .superRefine((given, context) => {
    const { indicator, params, line, input } = given;
    if (indicator === undefined) {
      for (const [key, value] of Object.entries({ params, line })) {
        if (value !== undefined) {
          context.addIssue({ code: 'custom', message: `${key} needs an indicator`, path: [key] });
        }
      }
      return;
    }
    const { kind } = operation(indicator);
    if (kind === 'bars' && input !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `${indicator} reads bars; leave input out`,
        path: ['input'],
      });
    }
    checkParameters(indicator, params ?? {}, context, ['params']);
    const lines = linesOf(indicator, params ?? {});
    if (line !== undefined && lines !== undefined && !lines.includes(line)) {
      context.addIssue({ code: 'custom', message: `${indicator} has ${lines.join(', ')}`, path: ['line'] });
    }
  });

function linesOf(name: OperationName, params: unknown): readonly string[] | undefined {
  const entry = operation(name);
  if (entry.kind !== 'bars' && entry.kind !== 'values') return [];
  return entry.params.safeParse(params).success ? entry.make(params).lines : undefined;
}

/** Columns of one set, in order. References are to columns before; names are unique. */
export const columnsSchema = z
  .array(column)
  .min(1)
  .max(200)
  .superRefine((columns, context) => {
    const earlier = new Map<string, string | undefined>();
    columns.forEach(({ name, input, timeframe, indicator, params, steps }, at) => {
      const refuse = (message: string, path: PropertyKey[]): void => {
        context.addIssue({ code: 'custom', message, path: [at, ...path] });
      };
      const isPlain = input === name && indicator === undefined && steps.length === 0;
      if (isInput(name) && !isPlain) refuse(`${name} is the name of an input`, ['name']);
      if (earlier.has(name)) refuse(`there are two columns ${name}`, ['name']);
      const read: [string, PropertyKey[]][] = [[input ?? 'close', ['input']]];
      if (indicator !== undefined && operation(indicator).kind === 'pair') {
        read.push([String(params?.with), ['params', 'with']]);
      }
      steps.forEach((one, index) => {
        if (operation(one.op).kind === 'pair') read.push([String(one.with), ['steps', index, 'with']]);
      });
      for (const [reference, path] of read) {
        if (isKnownInput(reference)) {
          if (timeframe !== undefined) refuse(`${reference} has no timeframe`, ['timeframe']);
        } else if (!isInput(reference)) {
          if (!earlier.has(reference)) refuse(`no input or earlier column is named ${reference}`, path);
          else if (earlier.get(reference) !== timeframe) {
            refuse(`${reference} is a column of another timeframe`, path);
          }
        }
      }
      earlier.set(name, timeframe);
    });
  });

/** User-defined sets by name. */
export const featureDefinitionsSchema = z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/), columnsSchema);

export type ColumnDefinition = z.output<typeof column>;
export type FeatureDefinitions = z.output<typeof featureDefinitionsSchema>;

/** True for a channel's level or change, as `KNOWN_INPUTS` lists them. */
export function isKnownInput(name: string): name is (typeof KNOWN_INPUTS)[number] {
  return (KNOWN_INPUTS as readonly string[]).includes(name);
}

function isInput(name: string): boolean {
  return (BAR_INPUTS as readonly string[]).includes(name) || isKnownInput(name);
}
