import { parseBytes, parseGoDuration, type LogExpr, type Span, type Stage } from '../../src/logql';
import type { DetectedFieldType } from '../../src/wire';
import type { Labels } from '../model/labels';
import { buildPipeline } from '../pipeline';
import type { StreamPipeline } from '../pipeline/pipeline';
import type { ResultStream } from '../query/result';
import type { Chunk } from '../store/store';
import { parseGoFloat } from '../text/goNumber';

/** Fields found in a sample of lines: structured metadata, and what the query's parsers or else json and logfmt find (pkg/querier/querier.go). */

export interface DetectedField {
  type: DetectedFieldType;
  values: Set<string>;
  /** Undefined for structured metadata. */
  parsers: Set<string> | undefined;
  jsonPath?: string[];
}

/** Values kept per field: a bound, not a count of what may be there. */
const valuesPerFieldMax = 10_000;

const parserKinds = new Set<Stage['kind']>(['json', 'logfmt', 'regexp', 'pattern', 'unpack']);
const span: Span = { start: 0, end: 0 };

/** Fields by name, at most `fieldsMax` of them, in the order in which they were met. */
export function detectFields(expr: LogExpr, streams: ResultStream[], fieldsMax: number): Map<string, DetectedField> {
  const fields = new Map<string, DetectedField>();
  const parsers = [...new Set(expr.stages.map(({ kind }) => kind).filter((kind) => parserKinds.has(kind)))];
  const guess = new LineParser();
  const add = (name: string, value: string, parser: string | undefined): void => {
    let field = fields.get(name);
    if (!field) {
      if (fields.size >= fieldsMax) {
        return;
      }
      field = { type: 'string', values: new Set(), parsers: parser === undefined ? undefined : new Set() };
      fields.set(name, field);
    }
    // Later values decide: the sample is read newest first, so the oldest value has the last word, as in Loki.
    field.type = typeOf(value);
    if (parser !== undefined) {
      field.parsers?.add(parser);
    }
    if (field.values.size < valuesPerFieldMax) {
      field.values.add(value);
    }
  };
  for (const { stream, entry, origin } of newestFirst(streams)) {
    for (const [name, value] of origin.structured) {
      add(name, value, undefined);
    }
    if (parsers.length > 0) {
      for (const [name, value] of origin.parsed) {
        parsers.forEach((parser) => add(name, value, parser));
      }
    } else {
      const { parser, labels } = guess.parse(stream, entry.line);
      labels.forEach((value, name) => add(name, value, parser));
    }
  }
  return fields;
}

interface Sampled {
  stream: Labels;
  origin: ResultStream;
  entry: ResultStream['entries'][0];
}

function newestFirst(streams: ResultStream[]): Sampled[] {
  return streams
    .flatMap((origin) => origin.entries.map((entry) => ({ stream: origin.stream, origin, entry })))
    .sort((a, b) => (a.entry.tsNs > b.entry.tsNs ? -1 : a.entry.tsNs < b.entry.tsNs ? 1 : 0));
}

/** What a value looks like; the first kind that reads it wins. */
export function typeOf(value: string): DetectedFieldType {
  if (/^[+-]?\d+$/.test(value) && fitsInt64(value)) {
    return 'int';
  }
  if (parseGoFloat(value).error === undefined) {
    return 'float';
  }
  if (/^(t|T|TRUE|true|True|f|F|FALSE|false|False)$/.test(value)) {
    return 'boolean';
  }
  if (parseGoDuration(value).ok) {
    return 'duration';
  }
  return parseBytes(value).ok ? 'bytes' : 'string';
}

function fitsInt64(digits: string): boolean {
  const value = BigInt(digits.replace('+', ''));
  return BigInt.asIntN(64, value) === value;
}

/** Reads a line as JSON when it is some, else as logfmt. */
class LineParser {
  private readonly json = buildPipeline([{ kind: 'json', expressions: [], span }]);
  private readonly logfmt = buildPipeline([{ kind: 'logfmt', strict: false, keepEmpty: false, expressions: [], span }]);
  private stream: Labels | undefined;
  private parts: { json: StreamPipeline; logfmt: StreamPipeline } | undefined;

  parse(stream: Labels, line: string): { parser: 'json' | 'logfmt'; labels: Labels } {
    if (!this.parts || this.stream !== stream) {
      this.stream = stream;
      this.parts = { json: this.json.forStream(stream), logfmt: this.logfmt.forStream(stream) };
    }
    const chunk = lineChunk(stream, line);
    if (/^\s*\{/.test(line)) {
      const asJson = this.parts.json.process(chunk, 0);
      if (asJson && asJson.labels.error === undefined) {
        return { parser: 'json', labels: asJson.labels.parsed };
      }
    }
    const asLogfmt = this.parts.logfmt.process(chunk, 0);
    return { parser: 'logfmt', labels: asLogfmt && asLogfmt.labels.error === undefined ? asLogfmt.labels.parsed : new Map() };
  }
}

function lineChunk(stream: Labels, line: string): Chunk {
  const text = Buffer.from(line);
  return { stream, streamId: '', count: 1, minNs: 0n, maxNs: 0n, baseNs: 0n, times: new Float64Array(1), offsets: Uint32Array.of(0, text.length), text };
}
