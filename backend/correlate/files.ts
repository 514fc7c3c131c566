import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { LabelSet, RankSeries, RankTarget } from '../../src/correlate';

/** The JSON files of `binocle correlate map` and `rank`. Their shapes are a contract: scripts outside the project write them. */

const labels = z.record(z.string(), z.string());
/** Bare, or as Loki's and Prometheus' series endpoints answer. */
const labelSets = z.union([z.array(labels), z.object({ data: z.array(labels) }).transform(({ data }) => data)]);
/** A gap is null. Prometheus writes numbers as text, also `NaN` and `+Inf`, which are gaps as well. */
const sample = z.union([z.number(), z.null(), z.string().transform((text, context) => {
  const value = text === '+Inf' || text === '-Inf' || text === 'NaN' ? NaN : Number(text);
  if (text.trim() === '' || (Number.isNaN(value) && !/^(NaN|[+-]Inf)$/.test(text))) {
    context.addIssue({ code: 'custom', message: `not a number: ${JSON.stringify(text.slice(0, 40))}` });
  }
  return Number.isFinite(value) ? value : null;
})]);
const target = z.object({ stepMs: z.number().positive(), start: z.number(), values: z.array(sample) });
const series = z.array(z.object({
  metric: labels,
  type: z.enum(['gauge', 'counter', 'unknown']).catch('unknown').default('unknown'),
  values: z.array(sample),
}));

export const readLabelSets = (file: string): Promise<LabelSet[]> => readJson(file, labelSets, 'an array of label sets, such as [{"job":"nginx","hostname":"web1"}]');
export const readTarget = (file: string): Promise<RankTarget> => readJson(file, target, 'an object {"stepMs":15000,"start":1763800000000,"values":[1,null,3]}');
export const readSeries = (file: string): Promise<RankSeries[]> => readJson(file, series, 'an array of {"metric":{...},"type":"gauge","values":[...]}');

async function readJson<T>(file: string, shape: z.ZodType<T>, expected: string): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
  const checked = shape.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const where = issue.path.length > 0 ? ` at ${issue.path.map(String).join('.')}` : '';
    throw new Error(`${file} should hold ${expected}; ${issue.message}${where}`);
  }
  return checked.data;
}
