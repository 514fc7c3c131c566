import { toChunk } from '../sqlite/format/columns';
import { dayStartNs } from '../sqlite/names';
import type { DeleteRequest, Scan, Select } from '../store';
import type { ClickHouseClient } from './client';
import { everywhere, onCluster, systemRows } from './nodes';
import { scanWindows } from './scan';
import { localName } from './schema';
import { ServerError } from './serverError';
import { and, quote, rangeCondition } from './sql';
import { selectStreams, streamsConditions } from './streams';

/** Taking entries out: mutations for entries, dropped partitions for whole days. */

/** Rows named one by one in one mutation. */
const namedMax = 10_000;
/** How often a mutation is looked at, and how long it is waited for. */
const mutationPollMs = 30;
const mutationMsMax = 10 * 60_000;

export class Remover {
  private readonly local: string;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly keepRepeats: boolean
  ) {
    this.local = localName('entries', client.address.cluster !== undefined);
  }

  async delete({ drops, ...select }: DeleteRequest): Promise<number> {
    const found = await selectStreams(this.client, select);
    if (found.size === 0) {
      return 0;
    }
    if (drops) {
      return this.deleteMarked(select, drops);
    }
    let removed = 0;
    for (const streams of streamsConditions(found, select.matchers.length === 0)) {
      removed += await this.deleteWhere(and(`tenant = ${quote(select.tenant)}`, streams, rangeCondition(select)));
    }
    return removed;
  }

  /** Deletes what the condition covers and says how many entries that were. */
  async deleteWhere(where: string): Promise<number> {
    const [rows] = await this.client.rows(`count() FROM entries FINAL WHERE ${where}`, (row) => row.count());
    if (rows > 0) {
      await this.mutate(where);
    }
    return rows;
  }

  private async deleteMarked(select: Select, drops: NonNullable<DeleteRequest['drops']>): Promise<number> {
    const needs = { text: 'lines', metadata: true, levels: true, digests: true } as const;
    const scan: Scan = { ...select, direction: 'forward', needs, hints: [] };
    let removed = 0;
    let named: string[] = [];
    for await (const { day, streams, found } of scanWindows(this.client, scan, needs, new AbortController().signal)) {
      for (const { id, columns, digests, repeats } of streams) {
        const { labels, key } = found.get(id)!;
        // the caller may be asynchronous: in other drivers it answers from another thread
        const marks = await drops(toChunk(columns, day, labels, key));
        for (let i = 0; i < columns.count; i++) {
          if (marks[i] === 1) {
            named.push(`(${id}, ${dayStartNs(day) + BigInt(columns.times[i])}, ${digests[i]}, ${this.keepRepeats ? repeats[i] : 0})`);
          }
        }
        removed += marks.reduce((sum, mark) => sum + mark, 0);
        while (named.length >= namedMax) {
          await this.deleteNamed(select.tenant, named.splice(0, namedMax));
        }
      }
    }
    await this.deleteNamed(select.tenant, named);
    named = [];
    return removed;
  }

  private async deleteNamed(tenant: string, named: string[]): Promise<void> {
    if (named.length > 0) {
      await this.mutate(`tenant = ${quote(tenant)} AND (stream_id, ts, sipHash64(line), repeat) IN (${named.join(', ')})`);
    }
  }

  /** Deletes on every node and waits until it is done on each. */
  private async mutate(where: string): Promise<void> {
    await this.alter(`DELETE WHERE ${where}`);
    for (const started = Date.now(); ; ) {
      const open = await systemRows(this.client, 'count()', 'mutations', `${this.ofTable} AND is_done = 0`, (row) => row.count());
      if (open.every((jobs) => jobs === 0)) {
        return;
      }
      if (Date.now() - started > mutationMsMax) {
        throw new Error('ClickHouse accepted the delete and has not finished it; entries go as it proceeds (system.mutations tells)');
      }
      await new Promise((resolve) => setTimeout(resolve, mutationPollMs));
    }
  }

  /** The condition on rows of system tables that are about `entries`. */
  get ofTable(): string {
    return `database = ${quote(this.client.address.database)} AND table = ${quote(this.local)}`;
  }

  private async alter(change: string): Promise<void> {
    await everywhere(this.client, `ALTER TABLE ${this.local}${onCluster(this.client.address)} ${change}`);
  }

  async compact(): Promise<void> {
    try {
      await everywhere(this.client, `OPTIMIZE TABLE ${this.local}${onCluster(this.client.address)} FINAL`);
    } catch (error) {
      // so say old servers of a replicated table in which there is nothing to merge
      if (!(error instanceof ServerError && error.text.includes('Unknown log entry type'))) {
        throw error;
      }
    }
  }
}
