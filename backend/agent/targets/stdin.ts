import { hostname } from 'node:os';
import { textOfBytes } from '../bytes';
import type { ScrapeConfig } from '../config/scrape';
import { LabelSet } from '../labelSet';
import type { JobOutput } from '../output';
import type { TargetInfo, TargetManager } from './target';

/** How long to wait when outputs are full or a limit says wait. */
const waitMs = 10;

/**
 * Standard input as the only target: the labels of all static groups of the first job, or job=stdin and the host name when there are
 * none; no relabelling. Carriage returns at the end are cut and empty lines passed over.
 */
export class StdinTarget implements TargetManager {
  readonly jobName: string;
  readonly ready = true;
  readonly dropped: TargetInfo[] = [];
  private readonly labels: LabelSet;
  private done!: () => void;
  /** Resolves at the end of the input. */
  readonly ended = new Promise<void>((resolve) => {
    this.done = resolve;
  });
  private stopped = false;

  constructor(
    private readonly input: NodeJS.ReadableStream,
    scrape: ScrapeConfig | undefined,
    private readonly output: JobOutput
  ) {
    this.jobName = scrape?.jobName ?? 'stdin';
    const groups = scrape?.static ?? [];
    this.labels = groups.length > 0 ? LabelSet.from(groups.flatMap((group) => [...group.labels])) : LabelSet.from([['job', 'stdin'], ['hostname', hostname()]]);
  }

  start(): void {
    void this.read().finally(this.done);
  }

  stop(): void {
    this.stopped = true;
    (this.input as NodeJS.ReadableStream & { destroy?: () => void }).destroy?.();
  }

  get active(): TargetInfo[] {
    return [{ type: 'Stdin', ready: true, labels: this.labels.labels, discovered: new Map(), details: new Map() }];
  }

  private async read(): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const part of this.input) {
        const bytes = Buffer.isBuffer(part) ? part : Buffer.from(part as string);
        rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
        let start = 0;
        for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, start)) {
          await this.line(rest, start, end);
          start = end + 1;
        }
        rest = rest.subarray(start);
      }
    } catch (error) {
      // Destroyed by `stop`: what was read is on its way.
      if (!this.stopped) {
        throw error;
      }
    }
    await this.line(rest, 0, rest.length);
  }

  private async line(bytes: Buffer, start: number, end: number): Promise<void> {
    let stop = end;
    while (stop > start && bytes[stop - 1] === 0x0d) {
      stop--;
    }
    if (stop === start) {
      return;
    }
    while (this.output.paused && !this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    this.output.text(this.labels, textOfBytes(bytes, start, stop), []);
  }
}
