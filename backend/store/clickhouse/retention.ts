import type { Labels } from '../../model/labels';
import { labelsTest } from '../matchers';
import { dayOf, dayStartNs } from '../sqlite/names';
import type { RetentionPolicy, RetentionReport } from '../store';
import type { ClickHouseClient } from './client';
import { everywhere, onCluster, systemRows } from './nodes';
import type { Remover } from './removal';
import { localName } from './schema';
import { ServerError } from './serverError';
import { and, quote } from './sql';
import { selectStreams, type FoundStream, type StreamTable } from './streams';

/** The first time that 64 bits of nanoseconds hold, on a midnight. */
const earliestNs = -106_000n * 86_400_000_000_000n;
/** No such table: `system.disks` of old servers. */
const unknownTable = 60;

/** What the policy says goes: whole days as partitions, which costs nothing, the rest by mutation, which rewrites the parts it touches. */
export class Retention {
  constructor(
    private readonly client: ClickHouseClient,
    private readonly table: StreamTable,
    private readonly remover: Remover
  ) {}

  /** `Store.retain`. By age exactly; by size and free space in whole days. */
  async apply(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    const bytesBefore = await this.bytesOnDisk();
    let entriesRemoved = await this.dropDue(policy, nowNs);
    for (const { tenant, cutoffNs, ids } of await this.overdue(policy, nowNs)) {
      entriesRemoved += await this.remover.deleteWhere(and(`tenant = ${quote(tenant)}`, `stream_id IN (${ids.join(', ')})`, `ts < ${cutoffNs}`));
    }
    const { bytesMax, freeBytesMin } = policy;
    if (bytesMax !== undefined) {
      entriesRemoved += await this.dropOldest(async () => (await this.bytesOnDisk()) > bytesMax);
    }
    if (freeBytesMin !== undefined) {
      entriesRemoved += await this.dropOldest(async () => (await this.freeBytes()) < freeBytesMin);
    }
    return { entriesRemoved, bytesFreed: Math.max(0, bytesBefore - (await this.bytesOnDisk())) };
  }

  /** Drops days that are older than the longest age, when every entry has one. */
  private async dropDue({ rules }: RetentionPolicy, nowNs: bigint): Promise<number> {
    const covered = rules.some(({ tenant, matchers }) => tenant === '*' && matchers.length === 0) && rules.every(({ ageNs }) => ageNs > 0n);
    if (!covered) {
      return 0;
    }
    const longest = rules.reduce((most, { ageNs }) => (ageNs > most ? ageNs : most), 0n);
    const firstDay = dayOf(nowNs - longest);
    const days = await this.partitions('entries');
    let removed = 0;
    for (const day of days.filter((one) => one < firstDay)) {
      const [rows] = await this.client.rows(`count() FROM entries FINAL WHERE ts >= ${dayStartNs(day)} AND ts < ${dayStartNs(day + 1)}`, (row) => row.count());
      await this.drop('entries', day);
      removed += rows;
    }
    // labels of days that had no entries when this began: a day later than the entries themselves; what another server still
    // stores on such a day without registering it again goes with the next round in any case
    for (const day of (await this.partitions('streams')).filter((one) => one < firstDay - 1 && !days.includes(one))) {
      await this.drop('streams', day);
      this.table.forget();
    }
    return removed;
  }

  /** The days that a table has rows of on any node, ascending. */
  private async partitions(table: string): Promise<number[]> {
    const { database, cluster } = this.client.address;
    const where = `database = ${quote(database)} AND table = ${quote(localName(table, cluster !== undefined))} AND active = 1 GROUP BY partition`;
    const days = await systemRows(this.client, 'partition', 'parts', where, (row) => Number(row.text()));
    return [...new Set(days)].sort((a, b) => a - b);
  }

  private async drop(table: string, day: number): Promise<void> {
    const { address } = this.client;
    await everywhere(this.client, `ALTER TABLE ${localName(table, address.cluster !== undefined)}${onCluster(address)} DROP PARTITION ${day}`);
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
    const bytes = await systemRows(this.client, 'toUInt64(sum(bytes_on_disk))', 'parts', `${this.remover.ofTable} AND active = 1`, (row) => row.count());
    return bytes.reduce((sum, one) => sum + one, 0);
  }

  /** Free space of the fullest machine, with what is dropped already and goes in some minutes. */
  private async freeBytes(): Promise<number> {
    const read = (columns: string, table: string, where: string): Promise<Array<[string, number]>> => systemRows(this.client, `hostName(), ${columns}`, table, where, (row) => [row.text(), row.count()]);
    try {
      const free = new Map<string, number>();
      for (const [host, bytes] of await read('toUInt64(min(free_space))', 'disks', '1 GROUP BY hostName()')) {
        free.set(host, Math.min(bytes, free.get(host) ?? Infinity));
      }
      for (const [host, bytes] of await read('toUInt64(sum(bytes_on_disk))', 'parts', `${this.remover.ofTable} AND active = 0 GROUP BY hostName()`)) {
        free.set(host, (free.get(host) ?? 0) + bytes);
      }
      return Math.min(...free.values());
    } catch (error) {
      if (error instanceof ServerError && error.code === unknownTable) {
        throw new Error('retention_free_bytes_min: this version of ClickHouse does not say how much of its disks is free; retention_bytes_max works with every version');
      }
      throw error;
    }
  }

  /** Drops whole days of all tenants, oldest first, as long as it is too much; the newest day stays. */
  private async dropOldest(tooMuch: () => Promise<boolean>): Promise<number> {
    const days = await this.partitions('entries');
    let removed = 0;
    while (days.length > 1 && (await tooMuch())) {
      const day = days.shift()!;
      const [rows] = await this.client.rows(`count() FROM entries WHERE ts >= ${dayStartNs(day)} AND ts < ${dayStartNs(day + 1)}`, (row) => row.count());
      await this.drop('entries', day);
      removed += rows;
    }
    return removed;
  }
}

/** The age of the first rule that fits; 0n when none does or it keeps for ever. */
function ruleAge(rules: Array<{ passes: (labels: Labels) => boolean; ageNs: bigint }>, labels: FoundStream['labels']): bigint {
  return rules.find((rule) => rule.passes(labels))?.ageNs ?? 0n;
}
