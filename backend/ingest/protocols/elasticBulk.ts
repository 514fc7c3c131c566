import { RequestError, badRequest } from '../../model/errors';
import { noLabels, type Labels } from '../../model/labels';
import { nsPerMs, nsPerSecond, parseRfc3339Ns } from '../../model/time';
import { JsonCursor } from '../jsonCursor';
import { checkPairCount, labelsFromPairs } from '../labelsText';
import { LineBuffer } from '../lineBuffer';
import { MetadataSets } from '../metadataSets';
import type { Protocol, ProtocolRequest } from '../protocol';
import { StreamBuilder } from '../streamBuilder';

/**
 * Elasticsearch's `_bulk`: a line that says what to do, then the document, so that Filebeat, Fluent Bit and Vector can push without knowing Loki.
 * The message field becomes the line, some fields labels, the rest structured metadata. Which fields, the query arguments say (the
 * names are VictoriaLogs'): `_msg_field`, `_time_field`, `_stream_fields`, `ignore_fields`; the defaults fit what those shippers send.
 */
export const elasticBulk: Protocol = {
  name: 'elasticsearch bulk',
  accepts: ({ path }) => path.endsWith('/_bulk'),
  decode(body, request) {
    const documents = new BulkDocuments(request);
    eachDocument(body, (action, index, document) => {
      if (action !== 'delete' && action !== 'update' && document) {
        documents.add(document, index);
      }
    });
    return documents.streams();
  },
};

const defaultMessageFields = ['message', 'msg', '_msg', 'log', 'body', 'event.original'];
const defaultTimeFields = ['@timestamp', '_time', 'timestamp', 'time', 'ts'];
/** Field and the label it becomes. */
const defaultStreamFields: ReadonlyArray<[string, string]> = [
  ['host.name', 'host'], ['host', 'host'], ['hostname', 'host'], ['service.name', 'service_name'], ['service', 'service_name'],
  ['log.file.path', 'filename'], ['file', 'filename'], ['kubernetes.namespace', 'namespace'], ['kubernetes.namespace_name', 'namespace'],
  ['kubernetes.container.name', 'container'], ['kubernetes.container_name', 'container'], ['job', 'job'], ['app', 'app'],
];

/** Actions of one request: each is answered by an item of its own. */
const actionsMax = 100_000;
/** Characters of the names of one document's fields, and of all documents: a name is made of all above it, which may be as long as the body. */
const nameCharsMax = 1_000_000;
const allNameCharsMax = 100_000_000;
/** Structured metadata of one document; further fields are left out. */
const metadataFieldsMax = 100;
const actions = ['index', 'create', 'update', 'delete'];

/** Walks the pairs of lines; `document` stands at the start of the document. */
function eachDocument(body: Uint8Array, each: (action: string, index: string, document: JsonCursor | undefined) => void): void {
  let at = 0;
  const nextLine = (): [number, number] | undefined => {
    while (at < body.length) {
      const start = at;
      const newline = body.indexOf(0x0a, at);
      const end = newline < 0 ? body.length : newline;
      at = end + 1;
      if (end > start && !(end === start + 1 && body[start] === 0x0d)) {
        return [start, end];
      }
    }
    return undefined;
  };
  for (let line = nextLine(); line; line = nextLine()) {
    // a copy, since reading unescapes in place and the line is read twice
    const { action, index } = readAction(new JsonCursor(body.slice(...line)));
    const document = action === 'delete' ? undefined : nextLine();
    if (action !== 'delete' && !document) {
      throw badRequest('The bulk request must be terminated by a newline [\\n] and every action but delete needs a document');
    }
    each(action, index, document && new JsonCursor(body, ...document));
  }
}

function readAction(cursor: JsonCursor): { action: string; index: string } {
  let action = '';
  let index = '';
  cursor.object((name) => {
    action ||= name;
    cursor.object((key) => {
      if (key === '_index') {
        index = cursor.anyText();
      } else {
        cursor.skip();
      }
    });
  });
  if (!actions.includes(action)) {
    throw cursor.error('one of the actions index, create, update, delete');
  }
  return { action, index };
}

/** The actions of a body in order, for the answer that names each. Call it before decoding, which may write over the body. */
export function bulkActions(body: Uint8Array): string[] {
  const found: string[] = [];
  eachDocument(body, (action) => {
    if (found.push(action) > actionsMax) {
      throw new RequestError(413, `more than ${actionsMax} actions in one bulk request; send smaller ones`);
    }
  });
  return found;
}

class BulkDocuments {
  private readonly builder = new StreamBuilder();
  private readonly lines = new LineBuffer();
  private readonly sets = new MetadataSets();
  private readonly known = new Map<string, Labels>();
  private current: Labels = noLabels;
  private readonly messageFields: string[];
  private readonly timeFields: string[];
  private readonly streamFields: ReadonlyMap<string, string>;
  private readonly ignored: ReadonlySet<string>;
  private readonly defaultIndex: string;
  private nameChars = 0;

  constructor(private readonly request: ProtocolRequest) {
    const list = (argument: string, header: string): string[] =>
      (request.query[argument] ?? request.headers[header] ?? '').split(',').map((name) => name.trim()).filter(Boolean);
    const messages = list('_msg_field', 'vl-msg-field');
    const times = list('_time_field', 'vl-time-field');
    const streams = list('_stream_fields', 'vl-stream-fields');
    this.messageFields = messages.length > 0 ? messages : defaultMessageFields;
    this.timeFields = times.length > 0 ? times : defaultTimeFields;
    this.streamFields = new Map(streams.length > 0 ? streams.map((name) => [name, name.replace(/[^a-zA-Z0-9_]/g, '_')]) : defaultStreamFields);
    this.ignored = new Set(list('ignore_fields', 'vl-ignore-fields'));
    this.defaultIndex = /([^/]+)\/_bulk$/.exec(request.path)?.[1] ?? '';
  }

  add(document: JsonCursor, index: string): void {
    const start = document.at;
    const fields = new Map<string, string>();
    this.nameChars += flatten(document, fields);
    if (this.nameChars > allNameCharsMax) {
      throw new RequestError(413, `the names of all fields have more than ${allNameCharsMax} characters together; send smaller requests`);
    }
    document.finish();
    const message = take(fields, this.messageFields);
    const tsNs = timeOf(take(fields, this.timeFields)) ?? this.request.receivedNs;
    const pairs = new Map<string, string>();
    const named = index || this.defaultIndex;
    if (named !== '' && named !== 'elasticsearch' && named !== 'insert') {
      pairs.set('index', named);
    }
    for (const [field, label] of this.streamFields) {
      const value = fields.get(field);
      if (value !== undefined && value !== '' && !pairs.has(label)) {
        pairs.set(label, value);
        fields.delete(field);
      }
    }
    const labels = this.labelsOf(pairs.size > 0 ? [...pairs] : [['job', 'elasticsearch']]);
    if (labels !== this.current) {
      this.builder.begin(labels);
      this.current = labels;
    }
    const text = message ?? Buffer.from(document.bytes.subarray(start, document.at)).toString('utf8');
    const line = this.lines.add(text.trimEnd());
    const nanos = tsNs % nsPerSecond;
    const metadata = message === undefined ? undefined : this.metadataOf(fields);
    this.builder.add(Number((tsNs - nanos) / nsPerSecond), Number(nanos), line.start, line.end, metadata);
  }

  streams(): ReturnType<StreamBuilder['streams']> {
    return this.builder.streams(this.lines.result());
  }

  private metadataOf(fields: Map<string, string>): Labels | undefined {
    const pairs: Array<[string, string]> = [];
    for (const [name, value] of fields) {
      if (value !== '' && !this.ignored.has(name) && pairs.length < metadataFieldsMax) {
        pairs.push([name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'), value]);
      }
    }
    return this.sets.of(pairs);
  }

  /** Equal pairs give the same object, so that neighbours of one stream stay together. */
  private labelsOf(pairs: Array<[string, string]>): Labels {
    const key = JSON.stringify(pairs);
    let labels = this.known.get(key);
    if (!labels) {
      labels = labelsFromPairs(pairs);
      this.known.set(key, labels);
    }
    return labels;
  }
}

/** Every leaf by its dotted name; arrays as their JSON, nulls left out. Answers how many characters the names have; throws RequestError 413 when they become too many. */
function flatten(cursor: JsonCursor, into: Map<string, string>): number {
  let nameChars = 0;
  const walk = (prefix: string): void =>
    cursor.object((key) => {
      const name = prefix + key;
      nameChars += name.length;
      if (nameChars > nameCharsMax) {
        throw new RequestError(413, `the names of a document's fields have more than ${nameCharsMax} characters together`);
      }
      if (cursor.isObject()) {
        walk(`${name}.`);
      } else if (cursor.isNull()) {
        cursor.skip();
      } else {
        into.set(name, cursor.anyText());
        checkPairCount(into.size);
      }
    });
  walk('');
  return nameChars;
}

function take(fields: Map<string, string>, names: string[]): string | undefined {
  const name = names.find((candidate) => fields.has(candidate));
  const value = name === undefined ? undefined : fields.get(name);
  if (name !== undefined) {
    fields.delete(name);
  }
  return value;
}

/** RFC 3339 (also without a zone, which then is UTC), or a number of seconds, milliseconds or nanoseconds by its size. */
function timeOf(text: string | undefined): bigint | undefined {
  if (text === undefined || text === '') {
    return undefined;
  }
  if (/^\d{9,19}(\.\d+)?$/.test(text)) {
    const [whole, fraction = ''] = text.split('.');
    const unit = whole.length <= 11 ? nsPerSecond : whole.length <= 14 ? nsPerMs : whole.length <= 16 ? 1_000n : 1n;
    return BigInt(whole) * unit + (unit === nsPerSecond ? BigInt(fraction.slice(0, 9).padEnd(9, '0')) : 0n);
  }
  const ns = parseRfc3339Ns(text.replace(' ', 'T')) ?? parseRfc3339Ns(`${text.replace(' ', 'T')}Z`);
  if (ns === undefined) {
    throw badRequest(`failed to parse date field [${text.slice(0, 60)}]: RFC 3339 or a number since 1970 is expected`);
  }
  return ns;
}
