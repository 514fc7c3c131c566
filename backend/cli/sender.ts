import { labelText } from './entries';
import { pushStreams, type PushStream, type ServerAddress } from './client';

/** Different reasons that are said for what a server refuses. */
const reasonsMax = 10;
/** Bytes of lines in one request. */
const batchBytesMax = 1024 * 1024;

/** Gathers lines into requests and sends them one after the other. */
export class Sender {
  lines = 0;
  /** Errors that a server counted: one for each line, or for each stream of a request. */
  private refused = 0;
  /** Reasons that were said: the same one, with other times and values, is not said again for every request. */
  private readonly said = new Set<string>();
  private batch = new Map<string, PushStream>();
  private bytes = 0;
  private sending: Promise<void> = Promise.resolve();

  constructor(private readonly server: ServerAddress) {}

  async add(labels: Record<string, string>, tsNs: bigint, line: string, metadata?: Record<string, string>): Promise<void> {
    const key = labelText(labels);
    const stream = this.batch.get(key) ?? { stream: labels, values: [] };
    this.batch.set(key, stream);
    stream.values.push(metadata ? [String(tsNs), line, metadata] : [String(tsNs), line]);
    this.lines++;
    this.bytes += line.length + 40;
    if (this.bytes >= batchBytesMax) {
      await this.flush();
    }
  }

  /** Resolves when everything that was added is taken. */
  flush(): Promise<void> {
    const streams = [...this.batch.values()];
    this.batch = new Map();
    this.bytes = 0;
    this.sending = this.sending.then(async () => {
      if (streams.length > 0) {
        await pushStreams(this.server, streams, (text) => this.refuse(text));
      }
    });
    return this.sending;
  }

  /** Counts what a server did not take, and says why; a server names each kind of fault with its number. */
  private refuse(text: string): void {
    for (const part of text.split(/; (?=\d+ errors )/)) {
      const [, count = '1', problem = ''] = /^(?:(\d+) errors (?:like: |with other texts))?([^]*)$/.exec(part) ?? [];
      this.refused += Number(count);
      const reason = problem.replace(/'[^']*'|\d[\dTZ:.-]*/g, '');
      if (problem !== '' && !this.said.has(reason) && this.said.size < reasonsMax) {
        this.said.add(reason);
        const advice = problem.includes('timestamp too old') ? ' (limits_config of the server: reject_old_samples, reject_old_samples_max_age)' : '';
        process.stderr.write(`refused: ${problem.slice(0, 2_000)}${advice}\n`);
      }
    }
  }

  /** Says what was done; the exit status. */
  report(verb: string): number {
    process.stderr.write(this.refused > 0 ? `${lineCount(this.lines)} read, at least ${this.refused} refused by the server\n` : `${lineCount(this.lines)} ${verb}\n`);
    return this.refused > 0 ? 1 : 0;
  }
}

const lineCount = (count: number): string => `${count} ${count === 1 ? 'line' : 'lines'}`;
