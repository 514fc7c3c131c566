import { makeStreamEntries, type Batch, type StreamEntries } from '../../backend/model/entry';
import { RequestError } from '../../backend/model/errors';
import { makeLabels } from '../../backend/model/labels';
import { defaultLimits, type QueryLimits } from '../../backend/query/budget';
import { explain } from '../../backend/query/plan/explain';
import type { FragmentRunner } from '../../backend/query/fragment';
import { makePlan } from '../../backend/query/plan/planner';
import type { QueryRequest } from '../../backend/query/request';
import { parseQuery, planRequest, runQuery } from '../../backend/query/run';
import { detectLevel } from '../../src/levels/levels';
import { parse } from '../../src/logql';
import { agrees, writeAnswer, zeroNs, type Answered } from './answers';
import { readScript, scriptError, type AskCommand, type LoadCommand } from './script';

/** What a script talks to: a store with an engine, or a server. */
export interface Target {
  load(batch: Batch): Promise<void>;
  clear(): Promise<void>;
  ask(ask: AskCommand): Promise<Answered>;
  close(): Promise<void>;
}

export interface Failure {
  line: number;
  ask: AskCommand;
  expected: string[];
  actual: string[];
}

/** Runs a script; answers what does not agree, and the text with the actual answers in place of the expected ones. */
export async function runScript(text: string, target: Target): Promise<{ failures: Failure[]; updated: string; asked: number }> {
  const failures: Failure[] = [];
  const lines = text.split('\n');
  const replacements: Array<{ from: number; to: number; lines: string[] }> = [];
  let asked = 0;
  for (const command of readScript(text)) {
    switch (command.kind) {
      case 'load':
        await target.load(makeBatch(command));
        break;
      case 'clear':
        await target.clear();
        break;
      case 'ask': {
        asked++;
        const actual = writeAnswer(await target.ask(command), command);
        if (!agrees(command.expected, actual)) {
          failures.push({ line: command.line + 1, ask: command, expected: command.expected, actual });
          replacements.push({ from: command.expectedFrom, to: command.expectedTo, lines: actual.map((line) => `  ${line}`.trimEnd()) });
        }
      }
    }
  }
  for (const { from, to, lines: fresh } of replacements.reverse()) {
    lines.splice(from, to - from, ...fresh);
  }
  return { failures, updated: lines.join('\n'), asked };
}

function makeBatch({ tenant, streams, line }: LoadCommand): Batch {
  return {
    tenant,
    streams: streams.flatMap(({ labels, entries }) =>
      withLevels(
        makeStreamEntries(
        readLabels(labels, line),
        entries.map((entry) => ({
          tsNs: zeroNs + entry.sinceNs,
          line: Buffer.from(entry.line),
          metadata: entry.metadata.length > 0 ? makeLabels(entry.metadata) : undefined,
        }))
        )
      )
    ),
  };
}

/** Binocle's own levels, as ingest finds them. */
function withLevels(streams: StreamEntries[]): StreamEntries[] {
  return streams.map((stream) => {
    const view = new DataView(stream.body.buffer, stream.body.byteOffset, stream.body.length);
    return { ...stream, levels: Uint8Array.from({ length: stream.count }, (_, i) => detectLevel(stream.body, view, stream.starts[i], stream.ends[i])) };
  });
}

function readLabels(text: string, line: number): ReturnType<typeof makeLabels> {
  const { expr } = parse(text);
  if (expr?.kind !== 'log' || expr.stages.length > 0 || expr.selector.matchers.some(({ op }) => op !== '=')) {
    throw scriptError(line, `not the labels of a stream: ${text}`);
  }
  return makeLabels(expr.selector.matchers.map(({ name, value }) => [name, value]));
}

/** The engine in this process. */
export async function askEngine(ask: AskCommand, runner: FragmentRunner, limits: QueryLimits = defaultLimits): Promise<Answered> {
  const request = queryRequest(ask);
  try {
    if (ask.verb === 'explain') {
      const expr = parseQuery(ask.query);
      const window = { startNs: zeroNs + ask.fromNs, endNs: zeroNs + ask.toNs };
      return { plan: explain(makePlan(expr, planRequest(request, window, expr, runner.parallel))) };
    }
    return await runQuery(request, { runner, limits }, new AbortController().signal);
  } catch (error) {
    if (error instanceof RequestError) {
      return { error: error.message };
    }
    throw error;
  }
}

export function queryRequest(ask: AskCommand): QueryRequest {
  const { query, stepNs, limit, direction } = ask;
  const tenants = ask.tenant.split('|');
  if (stepNs === 0n) {
    return { kind: 'instant', tenants, query, timeNs: zeroNs + ask.toNs };
  }
  const [startNs, endNs] = [zeroNs + ask.fromNs, zeroNs + ask.toNs];
  return { kind: 'range', tenants, query, startNs, endNs, stepNs, limit, direction, intervalNs: Number(ask.intervalNs) };
}
