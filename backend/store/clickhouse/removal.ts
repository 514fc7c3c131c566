import type { Labels } from '../../model/labels';
import { labelsTest } from '../matchers';
import { toChunk } from '../sqlite/columns';
import { dayOf, dayStartNs } from '../sqlite/names';
import type { DeleteRequest, RetentionPolicy, RetentionReport, Scan, Select } from '../store';
import type { ClickHouseClient } from './client';
import { selectCondition } from './counts';
import { everywhere, onCluster, systemRows } from './nodes';
import { scanWindows } from './scan';
import { localName } from './schema';
import { ServerError } from './serverError';
import { and, quote } from './sql';
import { selectStreams, type FoundStream, type StreamTable } from './streams';

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
    private readonly table: StreamTable,
    private readonly keepRepeats: boolean
  ) {
    this.local = localName('entries', client.address.cluster !== undefined);
  }

  async delete({ drops, ...select }: DeleteRequest): Promise<number> {
    const found = await selectStreams(this.client, select);
    if (found.size === 0) {
      return 0;
    }
    return drops ? this.deleteMarked(select, drops) : this.deleteWhere(selectCondition(select, found));
  }

  private async deleteWhere(where: string): Promise<number> {
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
      const [open] = sums(await systemRows(this.client, 'count()', 'mutations', `${this.ofTable} AND is_done = 0`, (row) => [row.count()]));
      if (open === 0) {
        return;
      }
      if (Date.now() - started > mutationMsMax) {
        throw new Error('ClickHouse accepted the delete and has not finished it; entries go as it proceeds (system.mutations tells)');
      }
      await new Promise((resolve) => setTimeout(resolve, mutationPollMs));
    }
  }

  private get ofTable(): string {
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

  /** `Store.retain`. By age exactly; by size in whole days. */
  async retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    const bytesBefore = await this.bytesOnDisk();
    let entriesRemoved = 0;
    for (const { tenant, cutoffNs, ids } of await this.overdue(policy, nowNs)) {
      entriesRemoved += await this.deleteWhere(and(`tenant = ${quote(tenant)}`, `stream_id IN (${ids.join(', ')})`, `ts < ${cutoffNs}`));
    }
    if (policy.bytesMax !== undefined) {
      entriesRemoved += await this.dropOldest(policy.bytesMax);
    }
    return { entriesRemoved, bytesFreed: Math.max(0, bytesBefore - (await this.bytesOnDisk())) };
  }

  /** Streams by tenant and the time before which their entries go. */
  private async overdue({ rules }: RetentionPolicy, nowNs: bigint): Promise<Array<{ tenant: string; cutoffNs: bigint; ids: bigint[] }>> {
    const tests = rules.map((rule) => ({ ...rule, passes: labelsTest(rule.matchers) }));
    const jobs: Array<{ tenant: string; cutoffNs: bigint; ids: bigint[] }> = [];
    const ages = rules.map(({ ageNs }) => ageNs).filter((ageNs) => ageNs > 0n);
    if (ages.length === 0) {
      return [];
    }
    const shortest = ages.reduce((a, b) => (a < b ? a : b));
    for (const tenant of await this.table.tenants()) {
      const own = [...tests.filter((rule) => rule.tenant === tenant), ...tests.filter((rule) => rule.tenant === '*')];
      const byAge = new Map<bigint, bigint[]>();
      // only streams that were written to before the latest time that any rule names
      for (const stream of (await selectStreams(this.client, { tenant, matchers: [], startNs: earliestNs, endNs: nowNs - shortest })).values()) {
        const ageNs = ruleAge(own, stream.labels);
        if (ageNs > 0n && stream.days[0] <= dayOf(nowNs - ageNs)) {
          byAge.set(ageNs, [...(byAge.get(ageNs) ?? []), stream.id]);
        }
      }
      jobs.push(...[...byAge].map(([ageNs, ids]) => ({ tenant, cutoffNs: nowNs - ageNs, ids })));
    }
    return jobs;
  }

  private async bytesOnDisk(): Promise<number> {
    const [bytes] = sums(await systemRows(this.client, 'toUInt64(sum(bytes_on_disk))', 'parts', `${this.ofTable} AND active = 1`, (row) => [row.count()]));
    return bytes;
  }

  /** Drops whole days of all tenants, oldest first, until the tables are small enough; the newest day stays. */
  private async dropOldest(bytesMax: number): Promise<number> {
    let removed = 0;
    for (;;) {
      if ((await this.bytesOnDisk()) <= bytesMax) {
        return removed;
      }
      const days = await this.client.rows('toInt64(intDiv(ts, 86400000000000)) AS d, count() FROM entries GROUP BY d ORDER BY d LIMIT 2', (row) => ({ day: row.i64(), rows: row.count() }));
      if (days.length < 2) {
        return removed;
      }
      await this.alter(`DROP PARTITION ${days[0].day}`);
      removed += days[0].rows;
    }
  }
}

/** The first time that 64 bits of nanoseconds hold, on a midnight. */
const earliestNs = -106_000n * 86_400_000_000_000n;

/** Numbers of several nodes together, column by column. */
const sums = (rows: number[][]): number[] => rows.reduce((sum, row) => row.map((value, i) => value + (sum[i] ?? 0)), []);

/** The age of the first rule that fits; 0n when none does or it keeps for ever. */
function ruleAge(rules: Array<{ passes: (labels: Labels) => boolean; ageNs: bigint }>, labels: FoundStream['labels']): bigint {
  return rules.find((rule) => rule.passes(labels))?.ageNs ?? 0n;
}
