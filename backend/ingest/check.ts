import { declaredLevel } from '../../src/levels/labels';
import { detectLevel } from '../../src/levels/levels';
import { lineBytes, streamEntries, type StreamEntries } from '../model/entry';
import { RequestError } from '../model/errors';
import { labelsText, noLabels, type Labels } from '../model/labels';
import { formatRfc3339Ns, nsPerSecond } from '../model/time';
import { keepShape } from '../runtime/shapes';
import { shortened } from './labelsText';
import { LevelDetector } from './levels';
import type { IngestLimits } from './limits';
import { withServiceName } from './serviceName';

/** What is stored of a push, and what the client hears about the rest. */
export interface Checked {
  streams: StreamEntries[];
  lines: number;
  bytes: number;
  /** Bytes of structured metadata as it was sent, without what is detected here. */
  metadataBytes: number;
  /** 400 with Loki's grouped texts when something was refused; what is in `streams` is stored all the same. */
  problem?: RequestError;
}

/** Called for what is refused, with Loki's reason label. */
export type Discard = (reason: string, lines: number, bytes: number) => void;

/**
 * Applies label rules and limits (Loki, pkg/distributor/validator.go and pkg/validation/validate.go) and adds what is found out about
 * each entry: `service_name` to the stream, `detected_level` to the metadata, Binocle's own level to `levels`: the one that labels or metadata declare, else what the line tells.
 */
export function checkStreams(streams: StreamEntries[], tenant: string, limits: IngestLimits, nowNs: bigint, discard: Discard): Checked {
  const problems = new Problems();
  const checked: Checked = { streams: [], lines: 0, bytes: 0, metadataBytes: 0 };
  for (const sent of streams) {
    if (sent.count === 0) {
      continue;
    }
    const { baseNs, times, body, starts, ends, metadata, levels } = sent;
    const stream = streamEntries(withServiceName(sent.labels, limits.discoverServiceName), baseNs, times, body, starts, ends, metadata, levels);
    const refused = checkLabels(stream.labels, tenant, limits);
    if (refused) {
      problems.add(refused.text);
      discard(refused.reason, stream.count, lineBytes(stream));
      continue;
    }
    const kept = checkEntries(stream, limits, nowNs, problems, discard, checked);
    if (kept) {
      checked.streams.push(kept);
      checked.lines += kept.count;
      checked.bytes += lineBytes(kept);
    }
  }
  checked.problem = problems.error();
  return checked;
}

/** Texts told apart in one answer; a hostile push could make every one different. */
const differentProblemsMax = 100;

/** Error texts grouped as Loki groups them: the text alone, or `2 errors like: text; 1 errors like: other`. */
class Problems {
  private readonly counts = new Map<string, number>();
  private others = 0;

  add(text: string): void {
    if (this.counts.size < differentProblemsMax || this.counts.has(text)) {
      this.counts.set(text, (this.counts.get(text) ?? 0) + 1);
    } else {
      this.others++;
    }
  }

  error(): RequestError | undefined {
    if (this.counts.size === 0) {
      return undefined;
    }
    const groups = [...this.counts];
    const single = groups.length === 1 && groups[0][1] === 1;
    const others = this.others > 0 ? [`${this.others} errors with other texts`] : [];
    return new RequestError(400, single ? groups[0][0] : [...groups.map(([text, count]) => `${count} errors like: ${text}`), ...others].join('; '));
  }
}

interface Refusal {
  reason: string;
  text: string;
}

/** The labels of a refused stream, for its error; what is refused may be megabytes. */
const streamText = (labels: Labels): string => shortened(labelsText(new Map([...labels].slice(0, namedLabelsMax).map(([name, value]) => [shortened(name), shortened(value)]))));

/** Labels that an error names. */
const namedLabelsMax = 100;

function checkLabels(labels: Labels, tenant: string, limits: IngestLimits): Refusal | undefined {
  if (labels.size === 0) {
    return { reason: 'missing_labels', text: 'error at least one label pair is required per stream' };
  }
  const count = labels.size - (labels.has('service_name') ? 1 : 0);
  if (count > limits.maxLabelNamesPerSeries) {
    const text = `entry for stream '${streamText(labels)}' has ${count} label names; limit ${limits.maxLabelNamesPerSeries}`;
    return { reason: 'max_label_names_per_series', text };
  }
  for (const [name, value] of labels) {
    if (name.length > limits.maxLabelNameLength) {
      return { reason: 'label_name_too_long', text: `stream '${streamText(labels)}' has label name too long: '${shortened(name)}'` };
    }
    // Counted in bytes; no character has more than three in a unit of UTF-16.
    if (value.length * 3 > limits.maxLabelValueLength && Buffer.byteLength(value) > limits.maxLabelValueLength) {
      return { reason: 'label_value_too_long', text: `stream '${streamText(labels)}' has label value too long: '${shortened(value)}'` };
    }
  }
  const missing = limits.enforcedLabels.filter((name) => !labels.has(name));
  return missing.length > 0 ? { reason: 'missing_enforced_labels', text: `missing required labels ${missing.join(',')} for user ${tenant}` } : undefined;
}

/** The entries of a stream that stay, with what was found out about them; undefined when none does. */
function checkEntries(
  stream: StreamEntries,
  limits: IngestLimits,
  nowNs: bigint,
  problems: Problems,
  discard: Discard,
  totals: Checked
): StreamEntries | undefined {
  const { count, starts, ends, times, body, baseNs } = stream;
  const oldest = limits.rejectOldSamples ? Number(nowNs - limits.rejectOldSamplesMaxAgeNs - baseNs) : -Infinity;
  const newest = Number(nowNs + limits.creationGracePeriodNs - baseNs);
  const lineMax = limits.maxLineSizeBytes || Infinity;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const detector = limits.discoverLogLevels && limits.allowStructuredMetadata ? new LevelDetector(stream.labels, body, view) : undefined;
  const metadata: Array<Labels | undefined> = detector || stream.metadata ? new Array(count) : [];
  const levels = new Uint8Array(count);
  const declared = new DeclaredLevels(stream.labels);
  let refused: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const sent = stream.metadata?.[i];
    if (times[i] < oldest || times[i] > newest || ends[i] - starts[i] > lineMax || sent) {
      const refusal = checkEntry(stream, i, sent, limits, nowNs, totals);
      if (refusal) {
        problems.add(refusal.text);
        discard(refusal.reason, 1, ends[i] - starts[i]);
        (refused ??= new Uint8Array(count))[i] = 1;
        continue;
      }
    }
    levels[i] = declared.of(sent) || detectLevel(body, view, starts[i], ends[i]);
    if (detector) {
      metadata[i] = detector.metadataOf(sent, starts[i], ends[i]);
    } else if (stream.metadata) {
      metadata[i] = sent;
    }
  }
  const full = streamEntries(stream.labels, baseNs, times, body, starts, ends, metadata.length > 0 ? metadata : undefined, levels);
  return refused ? withoutRefused(full, refused) : full;
}

/** Levels that labels of a stream or metadata of its entries declare; 0 where a look at the line has to tell. */
class DeclaredLevels {
  private readonly ofStream: number;
  private last: Labels | undefined;
  private ofLast = 0;

  constructor(stream: Labels) {
    this.ofStream = declaredLevel((name) => stream.get(name));
  }

  /** Entries that follow each other commonly share their metadata as one object. */
  of(metadata: Labels | undefined): number {
    if (metadata === undefined || this.ofStream !== 0) {
      return this.ofStream;
    }
    if (metadata !== this.last) {
      this.last = metadata;
      this.ofLast = declaredLevel((name) => metadata.get(name));
    }
    return this.ofLast;
  }
}

/** Refuses an entry, or cuts its line when the limits say so. */
function checkEntry(
  { labels, baseNs, times, starts, ends }: StreamEntries,
  i: number,
  metadata: Labels | undefined,
  limits: IngestLimits,
  nowNs: bigint,
  totals: Checked
): Refusal | undefined {
  const tsNs = baseNs + BigInt(times[i]);
  const oldestNs = nowNs - limits.rejectOldSamplesMaxAgeNs;
  if (limits.rejectOldSamples && tsNs < oldestNs) {
    const text = `entry for stream '${streamText(labels)}' has timestamp too old: ${seconds(tsNs)}, oldest acceptable timestamp is: ${seconds(oldestNs)}`;
    return { reason: 'greater_than_max_sample_age', text };
  }
  if (tsNs > nowNs + limits.creationGracePeriodNs) {
    return { reason: 'too_far_in_future', text: `entry for stream '${streamText(labels)}' has timestamp too new: ${seconds(tsNs)}` };
  }
  const length = ends[i] - starts[i];
  if (limits.maxLineSizeBytes > 0 && length > limits.maxLineSizeBytes) {
    if (!limits.maxLineSizeTruncate) {
      const text = `Max entry size '${limits.maxLineSizeBytes}' bytes exceeded for stream '${streamText(labels)}' while adding an entry with length '${length}' bytes`;
      return { reason: 'line_too_long', text };
    }
    ends[i] = starts[i] + limits.maxLineSizeBytes;
  }
  return metadata && checkMetadata(labels, metadata, limits, totals);
}

function checkMetadata(labels: Labels, metadata: Labels, limits: IngestLimits, totals: Checked): Refusal | undefined {
  if (!limits.allowStructuredMetadata) {
    const text = `stream '${streamText(labels)}' includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` or contact your Loki administrator to enable it.`;
    return { reason: 'disallowed_structured_metadata', text };
  }
  let size = 0;
  for (const [name, value] of metadata) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (size > (limits.maxStructuredMetadataSizeBytes || Infinity)) {
    const text = `stream '${streamText(labels)}' has structured metadata too large: '${size}' bytes, limit: '${limits.maxStructuredMetadataSizeBytes}' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it.`;
    return { reason: 'structured_metadata_too_large', text };
  }
  if (metadata.size > (limits.maxStructuredMetadataEntriesCount || Infinity)) {
    const text = `stream '${streamText(labels)}' has too many structured metadata labels: '${metadata.size}', limit: '${limits.maxStructuredMetadataEntriesCount}'. Please see \`limits_config.max_structured_metadata_entries_count\` or contact your Loki administrator to increase it.`;
    return { reason: 'structured_metadata_too_many', text };
  }
  totals.metadataBytes += size;
  return undefined;
}

/** Go's RFC3339, without a fraction, as Loki prints times in its refusals. */
const seconds = (ns: bigint): string => formatRfc3339Ns((ns / nsPerSecond) * nsPerSecond);

function withoutRefused(stream: StreamEntries, refused: Uint8Array): StreamEntries | undefined {
  const kept: number[] = [];
  refused.forEach((gone, i) => gone === 0 && kept.push(i));
  if (kept.length === 0) {
    return undefined;
  }
  const { labels, baseNs, body, metadata, levels } = stream;
  return streamEntries(
    labels,
    baseNs,
    Float64Array.from(kept, (i) => stream.times[i]),
    body,
    Uint32Array.from(kept, (i) => stream.starts[i]),
    Uint32Array.from(kept, (i) => stream.ends[i]),
    metadata && kept.map((i) => metadata[i]),
    levels && Uint8Array.from(kept, (i) => levels[i])
  );
}

keepShape(new Problems());
keepShape(new DeclaredLevels(noLabels));
