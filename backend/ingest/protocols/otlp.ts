import { badRequest } from '../../model/errors';
import { readOtlpJson } from '../otlp/json';
import { readOtlpProtobuf } from '../otlp/protobuf';
import { OtlpRecords } from '../otlp/records';
import type { Protocol } from '../protocol';

/** OpenTelemetry logs at `/otlp/v1/logs`, as protobuf or JSON. */
export const otlp: Protocol = {
  name: 'otlp',
  accepts: ({ path }) => path === '/otlp/v1/logs',
  decode(body, { contentType, receivedNs, otlp: mapping, discoverServiceName = [] }) {
    const records = new OtlpRecords(mapping, receivedNs, discoverServiceName);
    if (contentType === 'application/json') {
      readOtlpJson(body, records);
    } else if (contentType === 'application/x-protobuf' || contentType === 'application/protobuf') {
      readOtlpProtobuf(body, records);
    } else {
      throw badRequest(`content type: ${contentType} is not supported`);
    }
    return records.streams();
  },
};
