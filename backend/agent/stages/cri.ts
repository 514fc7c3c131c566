import { byteLengthOfText, bytesOfText, textOfBytes } from '../bytes';
import { parseByteSize } from '../byteSize';
import type { Entry } from '../entry';
import { StageConfig } from './decode';
import { composed } from './docker';
import { labelsStage } from './labels';
import { outputStage } from './output';
import { type Emit, Pipeline, type Stage, type StageReader } from './pipeline';
import { regexStage } from './regex';
import { timestampStage } from './timestamp';
import { ConfigError } from '../config/yaml';

interface CriLimits {
  /** Streams with an unfinished line; with one more all are sent as they are. */
  partialLinesMax: number;
  /** Longest joined line in bytes when `truncate`; 0 is no limit. */
  lineBytesMax: number;
  truncate: boolean;
}

/** Promtail's, also for 0. */
const partialLinesDefault = 100;

/** `cri`: lines of Kubernetes' container runtimes: time, label `stream`, and parts (`P`) joined to whole lines (`F`). */
export const criStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, true);
  const limits: CriLimits = {
    partialLinesMax: config.int('max_partial_lines') || partialLinesDefault,
    lineBytesMax: bytes(config.text('max_partial_line_size') ?? '0'),
    truncate: config.bool('max_partial_line_size_truncate') ?? false,
  };
  const plans = composed([
    ['regex', regexStage, new Map([['expression', '^(?s)(?P<time>\\S+?) (?P<stream>stdout|stderr) (?P<flags>\\S+?) (?P<content>.*)$']])],
    ['labels', labelsStage, new Map([['stream', null]])],
    ['timestamp', timestampStage, new Map([['source', 'time'], ['format', 'RFC3339Nano']])],
    ['output', outputStage, new Map([['source', 'content']])],
  ]);
  return (context, next) => new Cri(limits, new Pipeline(plans, { ...context, inspect: undefined }), next);
};

function bytes(text: string): number {
  const size = parseByteSize(text);
  if (size === undefined) {
    throw new ConfigError(`cannot parse 'max_partial_line_size' as bytes: ${text}`);
  }
  return size;
}

class Cri implements Stage {
  private partial = new Map<string, Entry>();

  constructor(
    private readonly limits: CriLimits,
    private readonly base: Pipeline,
    private readonly next: Emit
  ) {}

  run(entry: Entry): void {
    this.base.process(entry, (parsed) => this.join(parsed));
  }

  private join(entry: Entry): void {
    const key = entry.labels.text;
    if (entry.extracted.get('flags') === 'P' && this.partial.size >= this.limits.partialLinesMax) {
      const all = [...this.partial.values()];
      this.partial = new Map([[key, this.cut(entry)]]);
      all.forEach(this.next);
      return;
    }
    const before = this.partial.get(key);
    if (before) {
      entry.line = before.line + entry.line;
      entry.origins = [...before.origins, ...entry.origins];
    }
    if (entry.extracted.get('flags') === 'P') {
      this.partial.set(key, this.cut(entry));
      return;
    }
    if (before) {
      this.partial.delete(key);
      this.cut(entry);
    }
    this.next(entry);
  }

  private cut(entry: Entry): Entry {
    const { truncate, lineBytesMax } = this.limits;
    if (truncate && lineBytesMax > 0 && byteLengthOfText(entry.line) > lineBytesMax) {
      entry.line = textOfBytes(bytesOfText(entry.line).subarray(0, lineBytesMax));
    }
    return entry;
  }
}
