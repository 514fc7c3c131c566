import { labelsText, makeLabels, type Labels } from '../../backend/model/labels';
import type { Result } from '../../backend/query/result';
import type { AskCommand } from './script';
import { writeDuration, writeText } from './script';

/** What was answered, in the words of a script. */
export interface Answered {
  result?: Result;
  warnings?: string[];
  /** The plan, for `explain`. */
  plan?: string;
  error?: string;
}

/** The zero of every script: 2026-11-20 12:00:00 UTC. */
export const zeroNs = 1_795_176_000_000_000_000n;

/** An answer as the lines of a script. */
export function writeAnswer({ result, warnings = [], plan, error }: Answered, ask: AskCommand): string[] {
  if (error !== undefined) {
    return [`fails: ${error.trim().split('\n')[0]}`];
  }
  if (plan !== undefined) {
    return plan.split('\n');
  }
  const lines = result ? writeResult(result, ask) : [];
  return [...(lines.length > 0 ? lines : ['(nothing)']), ...warnings.map((text) => `warns: ${text}`)];
}

function writeResult(result: Result, ask: AskCommand): string[] {
  switch (result.kind) {
    case 'streams':
      return result.streams.flatMap(({ set, entries }) => [
        writeLabels(set.labels()),
        ...entries.map(({ tsNs, line }) => `  ${writeDuration(tsNs - zeroNs).padEnd(5)} ${writeText(line)}`),
      ]);
    case 'scalar':
      return [`scalar ${writeNumber(result.value)}`];
    case 'vector':
      return result.samples.map(({ labels, value }) => `${writeLabels(labels)} ${writeNumber(value)}`);
    case 'matrix':
      return result.series.map(({ labels, points }) => `${writeLabels(labels)} ${writePoints(points, ask).join(' ')}`);
  }
}

/** The value at each step, `_` where there is none. */
function writePoints(points: Array<{ tsMs: number; value: number }>, ask: AskCommand): string[] {
  const values = new Map(points.map(({ tsMs, value }) => [tsMs, value]));
  const texts: string[] = [];
  for (let at = floorTo(zeroNs + ask.fromNs, ask.stepNs); at <= -floorTo(-(zeroNs + ask.toNs), ask.stepNs); at += ask.stepNs) {
    const tsMs = Number(at / 1_000_000n);
    const value = values.get(tsMs);
    texts.push(value === undefined ? '_' : writeNumber(value));
    values.delete(tsMs);
  }
  return [...texts, ...[...values.keys()].map((tsMs) => `point at an odd time: ${tsMs}`)];
}

const floorTo = (ns: bigint, step: bigint): bigint => ns - (((ns % step) + step) % step);

const writeLabels = (labels: Labels): string => labelsText(makeLabels(labels));

function writeNumber(value: number): string {
  return Math.abs(value) === Infinity ? (value > 0 ? '+Inf' : '-Inf') : String(value);
}

/** Largest relative difference of numbers that counts as equal. */
const tolerance = 1e-9;

/** Whether the answer is the expected one: `fails:` and `warns:` match a part of the text, numbers by a tolerance, the rest to the letter. */
export function agrees(expected: string[], actual: string[]): boolean {
  return expected.length === actual.length && expected.every((line, i) => lineAgrees(line.trimEnd(), actual[i].trimEnd()));
}

function lineAgrees(expected: string, actual: string): boolean {
  if (expected === actual) {
    return true;
  }
  for (const head of ['fails: ', 'warns: ']) {
    if (expected.startsWith(head) && actual.startsWith(head)) {
      return actual.includes(expected.slice(head.length).trim());
    }
  }
  const [left, right] = [expected.trim().split(/\s+/), actual.trim().split(/\s+/)];
  return left.length === right.length && left.every((word, i) => wordAgrees(word, right[i]));
}

function wordAgrees(expected: string, actual: string): boolean {
  if (expected === actual) {
    return true;
  }
  const [a, b] = [Number(expected), Number(actual)];
  return /^[-+.\d]/.test(expected) && Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}
