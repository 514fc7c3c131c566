import type { StreamEntries } from '../../model/entry';
import { makeLabels, noLabels, type Labels } from '../../model/labels';
import { nsPerSecond } from '../../model/time';
import { labelsFromPairs } from '../labelsText';
import { LineBuffer } from '../lineBuffer';
import { MetadataSets } from '../metadataSets';
import { StreamBuilder } from '../streamBuilder';
import type { OtlpMapping } from './mapping';
import { attributeLabels, valueText, type AnyValue, type Attributes } from './values';

/** One log record as both encodings give it. Times are 0n, ids empty and numbers 0 when absent. */
export interface OtlpRecord {
  timeNs: bigint;
  observedNs: bigint;
  severityNumber: number;
  severityText: string;
  body: AnyValue;
  attributes: Attributes;
  droppedAttributes: number;
  flags: number;
  /** Hexadecimal. */
  traceId: string;
  spanId: string;
}

export interface OtlpScope {
  name: string;
  version: string;
  attributes: Attributes;
  droppedAttributes: number;
}

/** Turns records into Loki's streams and structured metadata (pkg/loghttp/push/otlp.go): resource attributes choose the stream. */
export class OtlpRecords {
  private readonly builder = new StreamBuilder();
  private readonly lines = new LineBuffer();
  private readonly sets = new MetadataSets();
  private streamPairs: Array<[string, string]> = [];
  private labels: Labels = noLabels;
  private current: Labels | undefined;
  private resourceMetadata: Array<[string, string]> = [];
  private scopeMetadata: Array<[string, string]> = [];

  constructor(
    private readonly mapping: OtlpMapping,
    private readonly receivedNs: bigint,
    private readonly serviceNames: readonly string[]
  ) {}

  resource(attributes: Attributes): void {
    this.streamPairs = attributeLabels(attributes, (name) => this.mapping.resource(name) === 'index_label');
    const service = this.streamPairs.find(([name, value]) => this.serviceNames.includes(name) && value !== '');
    if (service && !this.streamPairs.some(([name, value]) => name === 'service_name' && value !== '')) {
      this.streamPairs.push(['service_name', service[1]]);
    }
    this.resourceMetadata = attributeLabels(attributes, (name) => this.mapping.resource(name) === 'structured_metadata');
    this.labels = labelsOf(this.streamPairs);
    this.current = undefined;
  }

  scope({ name, version, attributes, droppedAttributes }: OtlpScope): void {
    this.scopeMetadata = attributeLabels(attributes, (attribute) => this.mapping.scope(attribute) === 'structured_metadata');
    push(this.scopeMetadata, 'scope_name', name);
    push(this.scopeMetadata, 'scope_version', version);
    push(this.scopeMetadata, 'scope_dropped_attributes_count', droppedAttributes > 0 ? String(droppedAttributes) : '');
  }

  record(record: OtlpRecord): void {
    const indexed = attributeLabels(record.attributes, (name) => this.mapping.log(name) === 'index_label');
    const labels = indexed.length > 0 ? labelsOf([...this.streamPairs, ...indexed]) : this.labels;
    if (labels !== this.current) {
      this.builder.begin(labels);
      this.current = labels;
    }
    const metadata = attributeLabels(record.attributes, (name) => this.mapping.log(name) === 'structured_metadata');
    push(metadata, 'dropped_attributes_count', record.droppedAttributes > 0 ? String(record.droppedAttributes) : '');
    push(metadata, 'flags', record.flags > 0 ? String(record.flags) : '');
    push(metadata, 'severity_number', record.severityNumber > 0 ? String(record.severityNumber) : '');
    push(metadata, 'severity_text', record.severityText);
    // Without a time of its own the observed one is the time of the entry.
    push(metadata, 'observed_timestamp', record.timeNs > 0n && record.observedNs > 0n ? String(record.observedNs) : '');
    push(metadata, 'trace_id', record.traceId);
    push(metadata, 'span_id', record.spanId);
    const { start, end } = this.lines.add(valueText(record.body));
    const tsNs = record.timeNs || record.observedNs || this.receivedNs;
    const nanos = tsNs % nsPerSecond;
    const all = [...metadata, ...this.resourceMetadata, ...this.scopeMetadata];
    this.builder.add(Number((tsNs - nanos) / nsPerSecond), Number(nanos), start, end, this.sets.of(all));
  }

  streams(): StreamEntries[] {
    return this.builder.streams(this.lines.result());
  }
}

function push(metadata: Array<[string, string]>, name: string, value: string): void {
  if (value !== '') {
    metadata.push([name, value]);
  }
}

/** Two attributes may become one label name; the later one counts. */
function labelsOf(pairs: Array<[string, string]>): Labels {
  return labelsFromPairs([...makeLabels(pairs)]);
}
