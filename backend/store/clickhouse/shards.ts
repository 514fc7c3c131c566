import type { ClickHouseClient, ClientLog, RowSource, StatementOptions } from './client';
import { readRows, TooMuch } from './client';
import type { RowReader } from './rowBinary';
import { localName } from './schema';
import { mayPass } from './serverError';

/** How long a node has to say that it is there, how long that counts, and how often it is asked while a query waits: a frozen one would keep it until its deadline. */
const pingMsMax = 2_000;
const pingValidMs = 1_000;
const watchMs = 1_000;

/** Which of the named nodes are there: asks each before it is read from, and while it is. */
export class ShardNodes {
  /** Told in the log already. */
  private readonly away = new Set<string>();
  private readonly asked = new Map<string, { answer: Promise<unknown>; untilMs: number }>();

  constructor(
    readonly client: ClickHouseClient,
    /** Nodes of each shard, in the order in which they are asked. Filled when the cluster was looked at. */
    readonly shards: () => string[][],
    private readonly log: ClientLog
  ) {}

  /** Why the node can't be read from, or undefined. */
  problem(node: string): Promise<unknown> {
    const nowMs = Date.now();
    let one = this.asked.get(node);
    if (!one || one.untilMs < nowMs) {
      const mine = { answer: this.ping(node), untilMs: Infinity };
      void mine.answer.finally(() => (mine.untilMs = Date.now() + pingValidMs));
      this.asked.set(node, mine);
      one = mine;
    }
    return one.answer;
  }

  private async ping(node: string): Promise<unknown> {
    try {
      await this.client.rows('toUInt8(1)', (row) => row.u8(), { node, deadlineMs: pingMsMax });
      this.away.delete(node);
      return undefined;
    } catch (error) {
      if (!this.away.has(node)) {
        this.away.add(node);
        this.log('answers do without a node of ClickHouse until it is back', error);
      }
      return error;
    }
  }

  /** Reads from a node. Rejects with `Unreachable` soon after it stops to answer at all. */
  async read(node: string, rest: string, options: StatementOptions): Promise<Buffer[]> {
    const stop = new AbortController();
    let gone: unknown;
    const watch = setInterval(() => {
      void this.problem(node).then((problem) => {
        if (problem !== undefined) {
          gone = problem;
          stop.abort();
        }
      });
    }, watchMs);
    try {
      return await this.client.read(rest, { ...options, node, signal: options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal });
    } catch (error) {
      throw gone !== undefined && !options.signal?.aborted ? gone : error;
    } finally {
      clearInterval(watch);
    }
  }
}

/**
 * Reads from every shard directly and leaves out those that are away, which it tells: what is missing is known exactly, other than with
 * `skip_unavailable_shards`. Rows of a group that spans shards come once for each of them.
 */
export class LivingShards implements RowSource {
  readonly tables = { entries: localName('entries', true), streams: localName('streams', true) };

  constructor(
    private readonly nodes: ShardNodes,
    private readonly warn: (sentence: string) => void
  ) {}

  async rows<Row>(rest: string, read: (reader: RowReader) => Row, options: StatementOptions = {}): Promise<Row[]> {
    return (await this.read(rest, options)).flatMap((answer) => readRows(answer, read));
  }

  async read(rest: string, options: StatementOptions = {}): Promise<Buffer[]> {
    const shards = this.nodes.shards();
    const answers = await Promise.all(shards.map((nodes) => this.readShard(nodes, rest, options)));
    const found: Buffer[] = [];
    let away: unknown;
    answers.forEach((answer, k) => {
      if ('rows' in answer) {
        found.push(...answer.rows);
      } else {
        away = answer.away;
        this.warn(`not complete: shard ${k + 1} of ${shards.length} does not answer, and what lies there is missing`);
      }
    });
    if (found.length === 0) {
      throw away;
    }
    if (found.reduce((sum, { length }) => sum + length, 0) > (options.bytesMax ?? Infinity)) {
      throw new TooMuch(`the shards' answers have more than ${options.bytesMax} bytes`);
    }
    return found;
  }

  /** What the first replica that is there answers. */
  private async readShard(nodes: string[], rest: string, options: StatementOptions): Promise<{ rows: Buffer[] } | { away: unknown }> {
    let last: unknown;
    for (const node of nodes) {
      last = await this.nodes.problem(node);
      if (last !== undefined) {
        continue;
      }
      try {
        return { rows: await this.nodes.read(node, rest, options) };
      } catch (error) {
        if (options.signal?.aborted || !mayPass(error)) {
          throw error;
        }
        last = error;
      }
    }
    return { away: last };
  }
}
