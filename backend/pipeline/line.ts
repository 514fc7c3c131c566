import { Source } from '../text/source';

/** The line that is going through a pipeline: bytes of a chunk, or a text that a stage made. One object serves a whole pipeline. */
export class Line {
  source!: Source;
  start = 0;
  end = 0;
  /** The instant of the entry: `baseNs + offsetNs`. */
  baseNs = 0n;
  offsetNs = 0;
  private made: string | undefined;

  reset(source: Source, start: number, end: number): void {
    this.source = source;
    this.start = start;
    this.end = end;
    this.made = undefined;
  }

  get text(): string {
    return (this.made ??= this.source.bytes.toString('utf8', this.start, this.end));
  }

  set text(text: string) {
    const source = Source.ofText(text);
    this.reset(source, 0, source.bytes.length);
    this.made = text;
  }

  get tsNs(): bigint {
    return this.baseNs + BigInt(this.offsetNs);
  }
}
