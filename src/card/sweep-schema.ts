import { z } from 'zod';

/** The `sweep:` section of design §2, as written; src/grid resolves it. Unknown keys are errors. */
const scalar = z.union([z.number(), z.string(), z.boolean()]);
export type AxisScalar = z.infer<typeof scalar>;

const number = z.number();

const axisSchema = z.strictObject({
  path: z.string().min(1).optional(),
  paths: z.record(z.string(), z.string().min(1)).optional(),
  values: z.array(z.union([scalar, z.array(scalar)])).optional(),
  range: z.strictObject({ start: number, stop: number, step: number }).optional(),
  linspace: z.strictObject({ start: number, stop: number, count: z.int() }).optional(),
  logspace: z.strictObject({ start: number, stop: number, count: z.int() }).optional(),
});
export type AxisSection = z.infer<typeof axisSchema>;

const windowSchema = z.strictObject({
  start: z.string().optional(),
  end: z.string().optional(),
  last: z.string().optional(),
});
export type WindowSection = z.infer<typeof windowSchema>;

const objectiveSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { metric: value } : value),
  z.strictObject({
    metric: z.string().min(1),
    direction: z.enum(['maximize', 'minimize']).optional(),
  }),
);

export const sweepSchema = z.strictObject({
  name: z.string().min(1).optional(),
  window: windowSchema.optional(),
  profile: z.enum(['standard', 'trade']).optional(),
  axes: z.record(z.string(), axisSchema).nullish(),
  constraints: z.array(z.string()).nullish(),
  search: z
    .strictObject({
      method: z.enum(['grid', 'random', 'sobol']).optional(),
      limit: z.int().min(1).optional(),
      seed: z.int().optional(),
    })
    .nullish(),
  objective: objectiveSchema.optional(),
  require: z.array(z.string()).nullish(),
  keep: z
    .strictObject({ finalists: z.int().min(0).optional(), metrics: z.array(z.string()).optional() })
    .nullish(),
  feed: z.strictObject({ precision: z.enum(['float64', 'float32']).optional() }).nullish(),
});
export type SweepSection = z.infer<typeof sweepSchema>;
