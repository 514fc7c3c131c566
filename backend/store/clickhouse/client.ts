import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import type { ClickHouseAddress } from './address';
import { CutOff, RowReader } from './rowBinary';
import { DeadlinePassed, failedAnswer, parseServerError, ServerError, Unreachable } from './serverError';

export type ClientLog = (message: string, error?: unknown) => void;

export interface StatementOptions {
  signal?: AbortSignal;
  /** Rows of an INSERT, in RowBinary. */
  body?: Buffer;
  /** Sent when the server knows them, over the settings of every statement. */
  settings?: Record<string, string | number>;
  /** An answer larger than this is given up with `TooMuch`. */
  bytesMax?: number;
  /** Only this node; undefined: any that answers. */
  node?: string;
  /** Shorter than the address's own time, for this statement. */
  deadlineMs?: number;
  /** Undefined: the address's own. */
  database?: string;
}

/** Where rows are read from: through Distributed tables, all or an error; or from each shard. */
export interface RowSource {
  /** Names of the tables to name in `rest`. */
  readonly tables: { entries: string; streams: string };
  rows<Row>(rest: string, read: (reader: RowReader) => Row, options?: StatementOptions): Promise<Row[]>;
  /** Answers of `SELECT rest` for `readRows`, one or more. */
  read(rest: string, options?: StatementOptions): Promise<Buffer[]>;
}

/** An answer is larger than the caller wants to hold; the statement was stopped. */
export class TooMuch extends Error {}

/**
 * Everything the driver depends on, said explicitly because defaults differ by version and by the profile of the user. `skip_unavailable_shards`
 * would turn a dead shard into half an answer without a mark; `insert_distributed_sync` makes "stored" mean stored; reading and writing
 * the replicas in one order lets a reader see what was just written.
 */
const settingsAlways: Record<string, string | number> = {
  skip_unavailable_shards: 0,
  insert_distributed_sync: 1,
  async_insert: 0,
  load_balancing: 'in_order',
  distributed_product_mode: 'deny',
  distributed_aggregation_memory_efficient: 1,
  max_partitions_per_insert_block: 0,
  max_query_size: 64 * 1024 * 1024,
  max_ast_elements: 5_000_000,
  max_expanded_ast_elements: 5_000_000,
};

/** Largest answer of a statement unless it says otherwise. */
const bytesMaxDefault = 256 * 1024 * 1024;
const connectMs = 5_000;
/** A kill is a courtesy: it is not waited for long. */
const killMs = 2_000;
/** Error texts are short; more is not kept. */
const errorBytesMax = 64 * 1024;
const connectFailed = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** A thin client of ClickHouse's HTTP interface, for servers from 18.16 on: one statement, one request. */
export class ClickHouseClient implements RowSource {
  readonly tables = { entries: 'entries', streams: 'streams' };
  private readonly agent = new Agent({ connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 3_000, keepAliveMaxTimeout: 3_000, connections: 32 });
  private readonly known = new Map<string, Promise<Set<string>>>();
  private readonly authorization: string;
  /** Index of the node that answered last. */
  private preferred = 0;

  constructor(
    readonly address: ClickHouseAddress,
    private readonly log: ClientLog
  ) {
    this.authorization = `Basic ${Buffer.from(`${address.user}:${address.password}`).toString('base64')}`;
  }

  /** Runs a statement that answers nothing. */
  async run(sql: string, options: StatementOptions = {}): Promise<void> {
    await this.anyNode(options, (node) => this.send(node, sql, { ...options, settings: { wait_end_of_query: 1, ...options.settings } }));
  }

  /**
   * Runs `SELECT rest` and reads every row. Each row starts with a byte of its own, so that an exception in the place of a row (status 200 was
   * sent long ago) is told from data, whatever the lines contain.
   */
  async rows<Row>(rest: string, read: (reader: RowReader) => Row, options: StatementOptions = {}): Promise<Row[]> {
    return (await this.read(rest, options)).flatMap((answer) => readRows(answer, read));
  }

  async read(rest: string, options: StatementOptions = {}): Promise<Buffer[]> {
    return [await this.anyNode(options, (node) => this.send(node, `SELECT toUInt8(${rowMark}), ${rest} FORMAT RowBinary`, options))];
  }

  /** Tries nodes until one takes the statement. What may have been carried out is not sent again: that is for the caller to judge. */
  private async anyNode<Answer>({ node, body }: StatementOptions, ask: (node: string) => Promise<Answer>): Promise<Answer> {
    const { nodes } = this.address;
    let last: unknown;
    for (let i = 0; i < (node ? 1 : nodes.length); i++) {
      const index = (this.preferred + i) % nodes.length;
      try {
        const answer = await ask(node ?? nodes[index]);
        this.preferred = node ? this.preferred : index;
        return answer;
      } catch (error) {
        last = error;
        if (!(error instanceof Unreachable) || error instanceof DeadlinePassed || (error.ambiguous && body)) {
          throw error;
        }
      }
    }
    throw last;
  }

  private async send(node: string, sql: string, { signal, body, settings, database = this.address.database, bytesMax = bytesMaxDefault, ...options }: StatementOptions): Promise<Buffer> {
    const deadlineMs = Math.min(options.deadlineMs ?? Infinity, this.address.timeoutMs);
    const known = await this.settingsOf(node);
    const queryId = randomUUID();
    const params = new URLSearchParams({ database, query_id: queryId });
    const wanted = { ...settingsAlways, max_execution_time: Math.ceil(deadlineMs / 1000), ...settings };
    for (const [name, value] of Object.entries(wanted)) {
      if (known.has(name) || name === 'wait_end_of_query') {
        params.set(name, String(value));
      }
    }
    if (body) {
      params.set('query', sql);
    }
    try {
      return await this.exchange(node, params, body ?? sql, { signal, bytesMax, deadlineMs });
    } catch (error) {
      if (signal?.aborted || error instanceof DeadlinePassed || error instanceof TooMuch) {
        // closing the connection does not stop an old server
        void this.kill(node, queryId);
      }
      throw error;
    }
  }

  /** Names of the settings that a node knows: an unknown one fails the statement. */
  private settingsOf(node: string): Promise<Set<string>> {
    let known = this.known.get(node);
    if (!known) {
      known = this.exchange(node, new URLSearchParams(), 'SELECT name FROM system.settings FORMAT TabSeparated', { bytesMax: bytesMaxDefault, deadlineMs: this.address.timeoutMs }).then(
        (answer) => new Set(answer.toString('utf8').split('\n'))
      );
      this.known.set(node, known);
      known.catch(() => this.known.delete(node));
    }
    return known;
  }

  private async kill(node: string, queryId: string): Promise<void> {
    try {
      await this.exchange(node, new URLSearchParams(), `KILL QUERY WHERE query_id = '${queryId}' ASYNC`, { bytesMax: errorBytesMax, deadlineMs: killMs });
    } catch (error) {
      this.log('a ClickHouse query could not be stopped; it ends by max_execution_time', error);
    }
  }

  /** One request. Answers the body, or throws what the server or the network said. */
  private async exchange(
    node: string,
    params: URLSearchParams,
    body: string | Buffer,
    { signal, bytesMax, deadlineMs }: { signal?: AbortSignal; bytesMax: number; deadlineMs: number }
  ): Promise<Buffer> {
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      const response = await this.agent.request({
        origin: node,
        path: `/?${params}`,
        method: 'POST',
        headers: { authorization: this.authorization, 'content-type': 'application/octet-stream' },
        body,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      const failed = response.statusCode !== 200 || response.headers['x-clickhouse-exception-code'] !== undefined;
      const parts: Buffer[] = [];
      let bytes = 0;
      for await (const part of response.body as AsyncIterable<Buffer>) {
        bytes += part.length;
        if (failed ? bytes <= errorBytesMax : bytes <= bytesMax) {
          parts.push(part);
        } else if (!failed) {
          throw new TooMuch(`the answer of ClickHouse has more than ${bytesMax} bytes`);
        }
      }
      const answer = Buffer.concat(parts);
      if (failed) {
        throw failedAnswer(node, response.statusCode, answer.toString('utf8'));
      }
      return answer;
    } catch (error) {
      if (error instanceof ServerError || error instanceof Unreachable || error instanceof TooMuch || signal?.aborted) {
        throw error;
      }
      if (deadline.aborted) {
        throw new DeadlinePassed(`timeout: ClickHouse at ${node} did not answer within ${deadlineMs / 1000} seconds`);
      }
      const code = (error as NodeJS.ErrnoException).code ?? ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? '';
      throw new Unreachable(`ClickHouse at ${node} can't be reached: ${(error as Error).message || code}`, !connectFailed.has(code));
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

/** The first byte of each row; no text of an error starts with it. */
const rowMark = 1;

/** Reads marked rows; throws the server's error when one stands in the place of a row. */
export function readRows<Row>(answer: Buffer, read: (reader: RowReader) => Row): Row[] {
  const reader = new RowReader(answer);
  const rows: Row[] = [];
  let lastAt = 0;
  while (!reader.ended) {
    const rowAt = reader.at;
    if (reader.u8() !== rowMark) {
      throw lastWords(answer, lastAt);
    }
    try {
      rows.push(read(reader));
    } catch (error) {
      throw error instanceof CutOff ? lastWords(answer, rowAt) : error;
    }
    lastAt = rowAt;
  }
  return rows;
}

/** What stands behind the last good row: the server's error if there is one, else the connection's end. It may have cut a row in two. */
function lastWords(answer: Buffer, from: number): Error {
  const tail = answer.toString('utf8', Math.max(from, answer.length - errorBytesMax));
  const said = tail.lastIndexOf('Code: ');
  return said >= 0 ? parseServerError(tail.slice(said)) : new Unreachable('the answer of ClickHouse was cut off', true);
}
