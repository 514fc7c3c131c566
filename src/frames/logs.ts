import { DataFrameType, FieldType, type DataFrame, type Field, type Labels } from '@grafana/data';
import { t } from '../i18n';
import type { QueryResponse, StreamsData, WireStream } from '../wire';
import type { FindLevel, GrafanaLevel } from './levels';
import { addStats, bytesStat, statsOf } from './stats';

/** Where a label comes from, by Grafana's letters: indexed (stream), structured metadata, parsed. */
export type LabelType = 'I' | 'S' | 'P';

/** One line with everything known of it. `ns` is decimal text; `stream` only the labels of the stream. */
export interface LogRow {
  ns: string;
  line: string;
  stream: Labels;
  labels: Labels;
  types?: Record<string, LabelType>;
}

export interface LogFrameOptions {
  refId: string;
  expr: string;
  direction: 'backward' | 'forward';
  limit?: number;
  findLevel: FindLevel;
  /** Regular expressions to highlight in lines. */
  searchWords?: string[];
  /** For Grafana before 11; see `logFrame`. */
  legacy?: boolean;
}

/** All lines of an answer, newest first for `backward`. Equal times keep the order of the answer. */
export function rowsOf(data: StreamsData, direction: 'backward' | 'forward'): LogRow[] {
  const categorized = data.encodingFlags?.includes('categorize-labels') ?? false;
  return sortRows(
    data.result.flatMap((stream) => streamRows(stream, categorized)),
    direction
  );
}

/** Lines of one stream of an answer or of a tail frame. */
export function streamRows({ stream, values }: WireStream, categorized: boolean): LogRow[] {
  const indexed = typesOf(stream, 'I');
  return values.map(([ns, line, more]) => {
    if (!categorized) {
      return { ns, line, stream, labels: stream };
    }
    const { structuredMetadata, parsed } = more ?? {};
    if (!structuredMetadata && !parsed) {
      return { ns, line, stream, labels: stream, types: indexed };
    }
    return {
      ns,
      line,
      stream,
      labels: { ...stream, ...structuredMetadata, ...parsed },
      types: { ...indexed, ...typesOf(structuredMetadata, 'S'), ...typesOf(parsed, 'P') },
    };
  });
}

function typesOf(labels: Labels = {}, type: LabelType): Record<string, LabelType> {
  return Object.fromEntries(Object.keys(labels).map((name) => [name, type]));
}

/** Decimal texts of nanoseconds by size; a shorter text is a smaller number. */
export function compareNs(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

export function sortRows(rows: LogRow[], direction: 'backward' | 'forward'): LogRow[] {
  const sign = direction === 'backward' ? -1 : 1;
  return rows.sort((a, b) => sign * compareNs(a.ns, b.ns));
}

/**
 * The frame of a log answer. Grafana 11 and newer read it by its type: `timestamp` with `nanos`, `body`, `severity`, `labels`. Before, that
 * type meant `attributes` instead of `labels` (10.1 and 10.2), so those versions get the older form: no type, the mark `LabeledTimeValues`,
 * nanoseconds in `tsNs`, the level in `level`.
 */
export function logFrame(rows: LogRow[], options: LogFrameOptions): DataFrame {
  const levels: GrafanaLevel[] = rows.map((row) => options.findLevel(row.line, row.labels));
  const typed = rows.some((row) => row.types);
  const fields: Field[] = [
    {
      name: 'timestamp',
      type: FieldType.time,
      config: {},
      values: rows.map((row) => Number(row.ns.slice(0, -6) || '0')),
      nanos: rows.map((row) => Number(row.ns.slice(-6))),
    } as Field,
    { name: 'body', type: FieldType.string, config: {}, values: rows.map((row) => row.line) },
    { name: 'labels', type: FieldType.other, config: {}, values: rows.map((row) => row.labels) },
    { name: 'tsNs', type: FieldType.string, config: hidden, values: rows.map((row) => row.ns) },
    { name: 'id', type: FieldType.string, config: hidden, values: rowIds(rows) },
    { name: 'severity', type: FieldType.string, config: hidden, values: levels },
  ];
  if (options.legacy) {
    fields.push({ name: 'level', type: FieldType.string, config: hidden, values: levels });
  }
  if (typed) {
    fields.push({ name: 'labelTypes', type: FieldType.other, config: hidden, values: rows.map((row) => row.types ?? {}) });
  }
  return {
    refId: options.refId,
    fields,
    length: rows.length,
    meta: {
      ...(!options.legacy && { type: DataFrameType.LogLines, typeVersion: [0, 0] as [number, number] }),
      preferredVisualisationType: 'logs',
      executedQueryString: `Expr: ${options.expr}`,
      // Grafana 10 and 11 look for these two here, later ones in `custom` as well.
      limit: options.limit,
      searchWords: options.searchWords,
      custom: {
        frameType: 'LabeledTimeValues',
        lokiQueryStatKey: bytesStat(),
        limit: options.limit,
        searchWords: options.searchWords,
        error: rows.some(({ labels }) => labels.__error__) ? t('logs.unparsed', 'Some lines could not be parsed') : undefined,
      },
    },
  };
}

/** Shown as columns of their own by nobody: they repeat what Grafana already shows. */
const hidden = { custom: { hidden: true } };

/** Puts what the server says of its work into the frame. */
export function withStats(frame: DataFrame, responses: QueryResponse[]): DataFrame {
  const stats = responses.map(statsOf).reduce((sum, next) => addStats(sum, next), []);
  const warnings = [...new Set(responses.flatMap((response) => response.warnings ?? []))];
  return { ...frame, meta: { ...frame.meta, stats, notices: warnings.map((text) => ({ severity: 'warning', text })) } };
}

/** `<ns>_<hash>` from time, stream and line, with `_n` for repeats: equal for equal lines in any query, so a link to a line stays good. */
export function rowIds(rows: LogRow[]): string[] {
  const seen = new Map<string, number>();
  const streamTexts = new Map<Labels, string>();
  return rows.map(({ ns, line, stream }) => {
    let text = streamTexts.get(stream);
    if (text === undefined) {
      text = JSON.stringify(Object.entries(stream).sort(([a], [b]) => (a < b ? -1 : 1)));
      streamTexts.set(stream, text);
    }
    const id = `${ns}_${fnv1a(`${text}${line}`)}`;
    const repeats = seen.get(id) ?? 0;
    seen.set(id, repeats + 1);
    return repeats === 0 ? id : `${id}_${repeats}`;
  });
}

/** 32-bit FNV-1a over UTF-16 units, as 8 hexadecimal digits. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
