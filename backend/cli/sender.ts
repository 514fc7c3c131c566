import { labelText } from './entries';
import { pushStreams, type PushStream, type ServerAddress } from './client';

/** Bytes of lines in one request. */
const batchBytesMax = 1024 * 1024;

/** Gathers lines into requests and sends them one after the other. */
export class Sender {
  lines = 0;
  private refusals = 0;
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
        await pushStreams(this.server, streams, (text) => {
          this.refusals++;
          process.stderr.write(`refused: ${text.slice(0, 2_000)}\n`);
        });
      }
    });
    return this.sending;
  }

  /** Says what was done; the exit status. */
  report(verb: string): number {
    process.stderr.write(`${this.lines} lines ${verb}${this.refusals > 0 ? `, parts of ${this.refusals} requests refused` : ''}\n`);
    return this.refusals > 0 ? 1 : 0;
  }
}
