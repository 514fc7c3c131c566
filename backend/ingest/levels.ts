import { makeLabels, noLabels, type Labels } from '../model/labels';
import { keepShape } from '../runtime/shapes';
import { levelFields, lineLevel, lineLevels } from './lineLevel';

/**
 * Loki's `detected_level`, told as Loki 3.4 tells it (pkg/distributor/field_detection.go), with its known weaknesses: queries that
 * were written for Loki must see the same label. Binocle's own, better level is `src/levels`.
 * Sources in order: a level label of the stream, one of the structured metadata, OTLP's severity number, a level field of a line that
 * looks like JSON or logfmt, and last a search for level words.
 */

const detectedLevel = 'detected_level';

/** One set per level, so that equal metadata is the same object; by the numbers of `lineLevels`. */
const lineSets = lineLevels.map((level) => makeLabels([[detectedLevel, level]]));
const setOf = (level: string): Labels => lineSets[(lineLevels as readonly string[]).indexOf(level)] ?? makeLabels([[detectedLevel, level]]);

/** Adds `detected_level` to the metadata of entries. Build one per stream: it remembers the sets it has seen. */
export class LevelDetector {
  private readonly streamSet: Labels | undefined;
  private readonly extended = new Map<Labels, Map<string, Labels>>();

  /**
   * @param stream labels of the stream whose entries follow.
   * @param body holds their lines.
   * @param view the same bytes as `body`.
   */
  constructor(
    stream: Labels,
    private readonly body: Uint8Array,
    private readonly view: DataView
  ) {
    const level = firstOf(stream);
    this.streamSet = level === undefined || level === '' ? undefined : setOf(level);
  }

  /** Metadata of the line `body[start .. end)` with its level. */
  metadataOf(metadata: Labels | undefined, start: number, end: number): Labels {
    if (metadata === undefined) {
      return this.streamSet ?? this.lineSet(start, end);
    }
    if (metadata.has(detectedLevel)) {
      return metadata;
    }
    const level = this.streamSet?.get(detectedLevel) ?? metadataLevel(metadata) ?? (this.lineSet(start, end).get(detectedLevel) as string);
    return this.extend(metadata, level);
  }

  private lineSet(start: number, end: number): Labels {
    return lineSets[lineLevel(this.body, this.view, start, end)];
  }

  private extend(metadata: Labels, level: string): Labels {
    let byLevel = this.extended.get(metadata);
    if (!byLevel) {
      byLevel = new Map();
      this.extended.set(metadata, byLevel);
    }
    let set = byLevel.get(level);
    if (!set) {
      set = makeLabels([...metadata, [detectedLevel, level]]);
      byLevel.set(level, set);
    }
    return set;
  }
}

function firstOf(labels: Labels): string | undefined {
  if (labels === noLabels) {
    return undefined;
  }
  const name = levelFields.find((field) => labels.has(field));
  return name === undefined ? undefined : labels.get(name);
}

function metadataLevel(metadata: Labels): string | undefined {
  const level = firstOf(metadata);
  if (level) {
    return level;
  }
  const severity = metadata.get('severity_number');
  if (!severity) {
    return undefined;
  }
  const number = Number(severity);
  if (!/^[+-]?\d+$/.test(severity)) {
    return 'info';
  }
  // Four numbers a level from 1 on: opentelemetry.io/docs/specs/otel/logs/data-model, SeverityNumber.
  const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  return number === 0 ? 'unknown' : (names[Math.max(0, Math.floor((number - 1) / 4))] ?? 'unknown');
}

keepShape(new LevelDetector(noLabels, new Uint8Array(0), new DataView(new ArrayBuffer(0))));
