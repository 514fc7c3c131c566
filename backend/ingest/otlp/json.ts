import { badRequest } from '../../model/errors';
import { JsonCursor } from '../jsonCursor';
import { checkPairCount } from '../labelsText';
import type { OtlpRecords } from './records';
import { valueDepthMax, type AnyValue, type Attributes } from './values';

/**
 * OTLP's JSON: protobuf's JSON mapping with ids in hexadecimal and 64-bit numbers as strings (or numbers, as some clients send them). Names may
 * be those of the protobuf file too (`log_records`), as the collector takes them. What stands behind the document is not looked at, as in Loki.
 */

export function readOtlpJson(body: Uint8Array, records: OtlpRecords): void {
  const cursor = new JsonCursor(body);
  const top = members(cursor);
  each(cursor, top.get('resourceLogs'), () => {
    const resourceLogs = members(cursor);
    visit(cursor, () => {
      records.resource(attributesAt(cursor, inside(cursor, resourceLogs.get('resource')).get('attributes')));
      each(cursor, resourceLogs.get('scopeLogs'), () => readScopeLogs(cursor, records));
    });
  });
}

function readScopeLogs(cursor: JsonCursor, records: OtlpRecords): void {
  const scopeLogs = members(cursor);
  visit(cursor, () => {
    const scope = inside(cursor, scopeLogs.get('scope'));
    records.scope({
      name: textAt(cursor, scope.get('name')),
      version: textAt(cursor, scope.get('version')),
      attributes: attributesAt(cursor, scope.get('attributes')),
      droppedAttributes: Number(textAt(cursor, scope.get('droppedAttributesCount')) || 0),
    });
    each(cursor, scopeLogs.get('logRecords'), () => readRecord(cursor, records));
  });
}

function readRecord(cursor: JsonCursor, records: OtlpRecords): void {
  const record = members(cursor);
  visit(cursor, () => {
    const text = (name: string): string => textAt(cursor, record.get(name));
    records.record({
      timeNs: nanos(cursor, text('timeUnixNano')),
      observedNs: nanos(cursor, text('observedTimeUnixNano')),
      severityNumber: severity(text('severityNumber')),
      severityText: text('severityText'),
      body: valueAt(cursor, record.get('body'), 0),
      attributes: attributesAt(cursor, record.get('attributes')),
      droppedAttributes: Number(text('droppedAttributesCount') || 0),
      flags: Number(text('flags') || 0),
      traceId: id(text('traceId')),
      spanId: id(text('spanId')),
    });
  });
}

/** Where the members of the object at the cursor start, by name; the cursor ends up behind it. Parts may come in any order. */
function members(cursor: JsonCursor): Map<string, number> {
  const found = new Map<string, number>();
  if (cursor.isNull()) {
    cursor.skip();
    return found;
  }
  cursor.object((name) => {
    cursor.peek();
    found.set(camelCase(name), cursor.at);
    checkPairCount(found.size);
    cursor.skip();
  });
  return found;
}

const camelCase = (name: string): string => (name.includes('_') ? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : name);

/** Runs `read`, which may move the cursor, and brings the cursor back behind the object. */
function visit(cursor: JsonCursor, read: () => void): void {
  const end = cursor.at;
  read();
  cursor.at = end;
}

function inside(cursor: JsonCursor, at: number | undefined): Map<string, number> {
  if (at === undefined) {
    return new Map();
  }
  cursor.at = at;
  return members(cursor);
}

function each(cursor: JsonCursor, at: number | undefined, item: () => void): void {
  if (at !== undefined) {
    cursor.at = at;
    if (!cursor.isNull()) {
      cursor.array(item);
    }
  }
}

function textAt(cursor: JsonCursor, at: number | undefined): string {
  if (at === undefined) {
    return '';
  }
  cursor.at = at;
  return cursor.isNull() ? '' : cursor.anyText();
}

function attributesAt(cursor: JsonCursor, at: number | undefined): Attributes {
  return pairsAt(cursor, at, 0);
}

function pairsAt(cursor: JsonCursor, at: number | undefined, depth: number): Attributes {
  const attributes: Attributes = [];
  each(cursor, at, () => {
    const pair = members(cursor);
    visit(cursor, () => checkPairCount(attributes.push([textAt(cursor, pair.get('key')), valueAt(cursor, pair.get('value'), depth)])));
  });
  return attributes;
}

function valueAt(cursor: JsonCursor, at: number | undefined, depth: number): AnyValue {
  if (depth > valueDepthMax) {
    throw badRequest(`an attribute is nested deeper than ${valueDepthMax} levels`);
  }
  const value = inside(cursor, at);
  const [kind] = value.keys();
  const text = (): string => textAt(cursor, value.get(kind));
  switch (kind) {
    case undefined:
      return undefined;
    case 'stringValue':
      return text();
    case 'boolValue':
      return text() === 'true';
    case 'intValue':
      return whole(cursor, text());
    case 'doubleValue':
      return Number(text());
    case 'bytesValue':
      return Buffer.from(text(), 'base64');
    case 'arrayValue': {
      const list: AnyValue[] = [];
      each(cursor, inside(cursor, value.get(kind)).get('values'), () => {
        cursor.peek();
        const start = cursor.at;
        cursor.skip();
        const end = cursor.at;
        checkPairCount(list.push(valueAt(cursor, start, depth + 1)));
        cursor.at = end;
      });
      return list;
    }
    case 'kvlistValue':
      return new Map(pairsAt(cursor, inside(cursor, value.get(kind)).get('values'), depth + 1));
    default:
      // A kind that is not known is no value, as for the collector.
      return undefined;
  }
}

function whole(cursor: JsonCursor, text: string): bigint {
  if (!/^[+-]?\d{1,20}$/.test(text)) {
    throw cursor.error('a whole number');
  }
  return BigInt(text);
}

function nanos(cursor: JsonCursor, text: string): bigint {
  // A number in JSON may be written with an exponent, though no precision is left then.
  return text === '' ? 0n : /^\d{1,20}$/.test(text) ? BigInt(text) : Number.isFinite(Number(text)) ? BigInt(Math.round(Number(text))) : whole(cursor, text);
}

const severityNames = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** A number, or the name of protobuf's enum: `SEVERITY_NUMBER_WARN2`. */
function severity(text: string): number {
  const found = /^SEVERITY_NUMBER_([A-Z]+)([234]?)$/.exec(text);
  if (!found) {
    return Number.isInteger(Number(text)) ? Number(text) : 0;
  }
  const level = severityNames.indexOf(found[1]);
  return level < 0 ? 0 : level * 4 + Number(found[2] || 1);
}

function id(text: string): string {
  return /^0*$/.test(text) ? '' : text.toLowerCase();
}
