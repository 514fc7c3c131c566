import { Reader } from 'protobufjs/minimal';
import { RequestError, badRequest } from '../../model/errors';
import { checkPairCount } from '../labelsText';
import { skipField } from '../protobufFields';
import type { OtlpRecord, OtlpRecords } from './records';
import { valueDepthMax, type AnyValue, type Attributes } from './values';

/** opentelemetry-proto: collector/logs/v1 ExportLogsServiceRequest and what is in it. Field numbers stand beside the names. */

export function readOtlpProtobuf(body: Uint8Array, records: OtlpRecords): void {
  try {
    eachField(Reader.create(body), body.length, (tag, reader) => {
      // 1: resource_logs
      return tag === 0x0a && readResourceLogs(reader, records);
    });
  } catch (error) {
    if (error instanceof RequestError) {
      throw error;
    }
    // The reader of protobufjs throws RangeError and plain Error for what is truncated or malformed.
    throw badRequest(`the body is not an OTLP logs request: ${(error as Error).message}`);
  }
}

/** Calls `field` for each tag up to `end`; it reads the field and answers true, or leaves it to be skipped. */
function eachField(reader: Reader, end: number, field: (tag: number, reader: Reader) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!field(tag, reader)) {
      skipField(reader, tag);
    }
  }
  if (reader.pos !== end) {
    throw badRequest('the body is not an OTLP logs request: a field is longer than its message');
  }
}

/** Walks the message that starts here. */
function message(reader: Reader, field: (tag: number, reader: Reader) => boolean): true {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) {
    throw badRequest('the body is not an OTLP logs request: unexpected EOF');
  }
  eachField(reader, end, field);
  return true;
}

/** Like `message`, twice: first with `before`, then from the start again with `after`, for messages whose parts may come in any order. */
function messageTwice(reader: Reader, before: (tag: number, reader: Reader) => boolean, between: () => void, after: (tag: number, reader: Reader) => boolean): true {
  const start = reader.pos;
  message(reader, before);
  between();
  reader.pos = start;
  return message(reader, after);
}

function readResourceLogs(reader: Reader, records: OtlpRecords): true {
  const attributes: Attributes = [];
  return messageTwice(
    reader,
    // 1: resource { 1: attributes }
    (tag) => tag === 0x0a && message(reader, (inner) => inner === 0x0a && readKeyValue(reader, attributes, 0)),
    () => records.resource(attributes),
    // 2: scope_logs
    (tag) => tag === 0x12 && readScopeLogs(reader, records)
  );
}

function readScopeLogs(reader: Reader, records: OtlpRecords): true {
  const scope = { name: '', version: '', attributes: [] as Attributes, droppedAttributes: 0 };
  return messageTwice(
    reader,
    // 1: scope { 1: name, 2: version, 3: attributes, 4: dropped_attributes_count }
    (tag) =>
      tag === 0x0a &&
      message(reader, (inner) => {
        switch (inner) {
          case 0x0a:
            scope.name = reader.string();
            return true;
          case 0x12:
            scope.version = reader.string();
            return true;
          case 0x1a:
            return readKeyValue(reader, scope.attributes, 0);
          case 0x20:
            scope.droppedAttributes = reader.uint32();
            return true;
          default:
            return false;
        }
      }),
    () => records.scope(scope),
    // 2: log_records
    (tag) => tag === 0x12 && readRecord(reader, records)
  );
}

function readRecord(reader: Reader, records: OtlpRecords): true {
  const record: OtlpRecord = {
    timeNs: 0n, observedNs: 0n, severityNumber: 0, severityText: '', body: undefined, attributes: [], droppedAttributes: 0, flags: 0, traceId: '', spanId: '',
  };
  message(reader, (tag) => readRecordField(tag, reader, record));
  records.record(record);
  return true;
}

function readRecordField(tag: number, reader: Reader, record: OtlpRecord): boolean {
  switch (tag) {
    case 0x09: // 1: time_unix_nano
      record.timeNs = fixed64(reader);
      return true;
    case 0x10: // 2: severity_number
      record.severityNumber = reader.int32();
      return true;
    case 0x1a: // 3: severity_text
      record.severityText = reader.string();
      return true;
    case 0x2a: // 5: body
      record.body = readAnyValue(reader, 0);
      return true;
    case 0x32: // 6: attributes
      return readKeyValue(reader, record.attributes, 0);
    case 0x38: // 7: dropped_attributes_count
      record.droppedAttributes = reader.uint32();
      return true;
    case 0x45: // 8: flags
      record.flags = reader.fixed32();
      return true;
    case 0x4a: // 9: trace_id
      record.traceId = hex(reader.bytes());
      return true;
    case 0x52: // 10: span_id
      record.spanId = hex(reader.bytes());
      return true;
    case 0x59: // 11: observed_time_unix_nano
      record.observedNs = fixed64(reader);
      return true;
    default:
      return false;
  }
}

function readKeyValue(reader: Reader, into: Attributes, depth: number): true {
  let key = '';
  let value: AnyValue;
  message(reader, (tag) => {
    if (tag === 0x0a) {
      key = reader.string();
      return true;
    }
    if (tag === 0x12) {
      value = readAnyValue(reader, depth);
      return true;
    }
    return false;
  });
  checkPairCount(into.push([key, value]));
  return true;
}

function readAnyValue(reader: Reader, depth: number): AnyValue {
  if (depth > valueDepthMax) {
    throw badRequest(`an attribute is nested deeper than ${valueDepthMax} levels`);
  }
  let value: AnyValue;
  message(reader, (tag) => {
    switch (tag) {
      case 0x0a:
        value = reader.string();
        return true;
      case 0x10:
        value = reader.bool();
        return true;
      case 0x18:
        value = BigInt(reader.int64().toString());
        return true;
      case 0x21:
        value = reader.double();
        return true;
      case 0x2a: {
        const list: AnyValue[] = [];
        value = list;
        return message(reader, (inner) => {
          if (inner === 0x0a) {
            checkPairCount(list.push(readAnyValue(reader, depth + 1)));
          }
          return inner === 0x0a;
        });
      }
      case 0x32: {
        const pairs: Attributes = [];
        message(reader, (inner) => inner === 0x0a && readKeyValue(reader, pairs, depth + 1));
        value = new Map(pairs);
        return true;
      }
      case 0x3a:
        value = reader.bytes();
        return true;
      default:
        return false;
    }
  });
  return value;
}

function fixed64(reader: Reader): bigint {
  const low = BigInt(reader.fixed32());
  return (BigInt(reader.fixed32()) << 32n) | low;
}

/** An id of zeros is none. */
function hex(bytes: Uint8Array): string {
  return bytes.every((byte) => byte === 0) ? '' : Buffer.from(bytes).toString('hex');
}
