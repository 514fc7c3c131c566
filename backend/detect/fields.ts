import { formatBytes, parseBytes, parseGoDuration, type Span } from '../../src/logql';
import type { DetectedFieldType } from '../../src/wire';
import { makeLabels, noLabels, type Labels } from '../model/labels';
import { buildPipeline } from '../pipeline';
import { jsonParserError } from '../pipeline/json';
import { errorDetailsLabel, errorLabel } from '../pipeline/labelNames';
import { logfmtParserError } from '../pipeline/logfmt';
import type { StreamPipeline } from '../pipeline/pipeline';
import type { ResultStream } from '../query/result';
import type { Chunk } from '../store/store';
import { parseGoFloat } from '../text/goNumber';

/** Fields found in a sample of lines: structured metadata, what the query's parsers found, and what json or else logfmt find in the line (pkg/querier/queryrange/detected_fields.go). */

export interface DetectedField {
  type: DetectedFieldType;
  values: Set<string>;
  /** What found it: json or logfmt by trying the line, whatever the query's own parser was. Undefined for structured metadata alone. */
  parsers: Set<string> | undefined;
}

/** Values kept per field: a bound, not a count of what may be there. */
const valuesPerFieldMax = 10_000;

const span: Span = { start: 0, end: 0 };

/** Fields by name, at most `fieldsMax` of them, in the order in which they were met. */
export function detectFields(streams: ResultStream[], fieldsMax: number): Map<string, DetectedField> {
  const fields = new Map<string, DetectedField>();
  const guess = new LineParser();
  const add = (name: string, value: string, parser: string | undefined): void => {
    let field = fields.get(name);
    if (!field) {
      if (fields.size >= fieldsMax) {
        return;
      }
      field = { type: 'string', values: new Set(), parsers: undefined };
      fields.set(name, field);
    }
    // Later values decide, as in Loki: the oldest one of the last stream has the last word.
    field.type = typeOf(value);
    if (parser !== undefined) {
      (field.parsers ??= new Set()).add(parser);
    }
    if (field.values.size < valuesPerFieldMax) {
      field.values.add(value);
    }
  };
  for (const { stream, structured, parsed, entry } of byStream(streams)) {
    for (const [name, value] of structured) {
      add(name, value, undefined);
    }
    const { parser, labels } = guess.parse(withoutParsed(stream, parsed), entry.line);
    for (const [name, value] of parsed) {
      if (!isError(name)) {
        add(name, value, parser);
      }
    }
    labels.forEach((value, name) => {
      if (!isError(name)) {
        add(name, value, parser);
      }
    });
  }
  return fields;
}

/** The first `max` values of a field, sorted. Sizes from lines are written as a query takes them: `1KiB` is `1.0kB`, as in Loki; minutes (`5m`) are left alone, which Loki takes for megabytes. */
export function valuesOf({ values, parsers }: DetectedField, max: number): string[] {
  return [...new Set(parsers ? [...values].map(asQueryTakesIt) : values)].slice(0, max).sort();
}

function asQueryTakesIt(value: string): string {
  const size = /[a-z]$/i.test(value) && !parseGoDuration(value).ok ? parseBytes(value) : undefined;
  return size?.ok ? formatBytes(size.value) : value;
}

function isError(name: string): boolean {
  return name === errorLabel || name === errorDetailsLabel;
}

/** A label that the query made is not a label of the stream for the parsers that are tried. */
function withoutParsed(stream: Labels, parsed: Labels): Labels {
  return [...parsed.keys()].some((name) => stream.has(name)) ? makeLabels([...stream].filter(([name]) => !parsed.has(name))) : stream;
}

interface Sampled {
  key: string;
  stream: Labels;
  structured: Labels;
  parsed: Labels;
  entry: ResultStream['entries'][0];
}

/** Stream by stream in the order of their labels, the newest entry first. */
function byStream(streams: ResultStream[]): Sampled[] {
  const newestFirst = (a: Sampled, b: Sampled): number => (a.entry.tsNs > b.entry.tsNs ? -1 : a.entry.tsNs < b.entry.tsNs ? 1 : 0);
  return streams
    .flatMap(({ set, entries }) => {
      const labels = { key: set.text('stream'), stream: set.labels('stream'), structured: set.labels('structured'), parsed: set.labels('parsed') };
      return entries.map((entry) => ({ ...labels, entry }));
    })
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : newestFirst(a, b)));
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

  /** `parser` is undefined when the line is neither. A line may have a field `__error__` of its own, which is no error of the parser. */
  parse(stream: Labels, line: string): { parser?: 'json' | 'logfmt'; labels: Labels } {
    if (!this.parts || this.stream !== stream) {
      this.stream = stream;
      this.parts = { json: this.json.forStream(stream), logfmt: this.logfmt.forStream(stream) };
    }
    const chunk = lineChunk(stream, line);
    if (/^\s*\{/.test(line)) {
      const asJson = this.parts.json.process(chunk, 0);
      if (asJson && asJson.labels.error !== jsonParserError) {
        return { parser: 'json', labels: asJson.labels.parsed };
      }
    }
    const asLogfmt = this.parts.logfmt.process(chunk, 0);
    return asLogfmt && asLogfmt.labels.error !== logfmtParserError ? { parser: 'logfmt', labels: asLogfmt.labels.parsed } : { labels: noLabels };
  }
}

function lineChunk(stream: Labels, line: string): Chunk {
  const text = Buffer.from(line);
  return { stream, streamId: '', count: 1, minNs: 0n, maxNs: 0n, baseNs: 0n, times: new Float64Array(1), offsets: Uint32Array.of(0, text.length), text };
}
