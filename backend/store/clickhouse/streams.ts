import { createHash } from 'node:crypto';
import { makeLabels, type Labels } from '../../model/labels';
import { labelsTest } from '../matchers';
import { dayOf } from '../sqlite/names';
import { labelsOfKey, streamKey } from '../sqlite/format/streamKey';
import type { Select } from '../store';
import type { ClickHouseClient, RowSource } from './client';
import { RowWriter } from './rowBinary';
import { and, matcherCondition, quote } from './sql';

export interface FoundStream {
  id: bigint;
  labels: Labels;
  key: string;
  /** Days on which it was written to, ascending. */
  days: number[];
}

/** Ids kept at hand, so that a push hashes nothing that is known. */
const idsMax = 100_000;
/** Streams by day that are known to be in the table. */
const registeredMax = 500_000;
/** Label sets kept at hand for live tail. */
const labelsMax = 20_000;
/** They are written again after this, in case somebody took them out. */
const registeredMs = 3_600_000;

/** The table of streams: which label sets a tenant wrote to, by day. */
export class StreamTable {
  private readonly ids = new Map<string, bigint>();
  private readonly registered = new Map<string, number>();
  private readonly labels = new Map<string, Labels>();

  constructor(private readonly client: ClickHouseClient) {}

  /** 64 bits of a digest: well mixed, since shards are chosen by it, and the same on every instance. */
  idOf(key: string): bigint {
    let id = this.ids.get(key);
    if (id === undefined) {
      id = createHash('sha256').update(key, 'utf8').digest().readBigUInt64LE(0);
      if (this.ids.size >= idsMax) {
        this.ids.clear();
      }
      this.ids.set(key, id);
    }
    return id;
  }

  /** Resolves when all are in the table: before their entries, since an entry without its stream can't be seen. */
  async register(streams: Array<{ tenant: string; day: number; key: string }>): Promise<void> {
    const nowMs = Date.now();
    const fresh = new Map<string, { tenant: string; day: number; key: string }>();
    for (const stream of streams) {
      const name = `${stream.day} ${this.idOf(stream.key)} ${stream.tenant}`;
      if ((this.registered.get(name) ?? 0) < nowMs - registeredMs) {
        fresh.set(name, stream);
      }
    }
    if (fresh.size === 0) {
      return;
    }
    const rows = new RowWriter();
    for (const { tenant, day, key } of fresh.values()) {
      const labels = labelsOfKey(key);
      rows.i32(day);
      rows.text(tenant);
      rows.u64(this.idOf(key));
      rows.texts([...labels.keys()]);
      rows.texts([...labels.values()]);
    }
    await this.client.run('INSERT INTO streams (day, tenant, stream_id, lk, lv) FORMAT RowBinary', { body: rows.finish() });
    if (this.registered.size + fresh.size > registeredMax) {
      this.registered.clear();
    }
    [...fresh.keys()].forEach((name) => this.registered.set(name, nowMs));
  }

  /** Streams were taken out: what is stored next is registered anew. */
  forget(): void {
    this.registered.clear();
  }

  /** The labels of streams by id; of those that are in the table. */
  async labelsOf(tenant: string, ids: bigint[]): Promise<Map<bigint, Labels>> {
    const wanted = [...new Set(ids)];
    if (this.labels.size + wanted.length > labelsMax) {
      this.labels.clear();
    }
    const unknown = wanted.filter((id) => !this.labels.has(`${id} ${tenant}`));
    for (let from = 0; from < unknown.length; from += idListMax) {
      const some = unknown.slice(from, from + idListMax);
      const rows = await this.client.rows(
        `stream_id, any(lk), any(lv) FROM streams WHERE tenant = ${quote(tenant)} AND stream_id IN (${some.join(', ')}) GROUP BY stream_id`,
        (row) => ({ id: row.u64(), names: row.texts(), values: row.texts() })
      );
      rows.forEach(({ id, names, values }) => this.labels.set(`${id} ${tenant}`, makeLabels(names.map((name, i) => [name, values[i]]))));
    }
    return new Map(wanted.flatMap((id): Array<[bigint, Labels]> => {
      const labels = this.labels.get(`${id} ${tenant}`);
      return labels ? [[id, labels]] : [];
    }));
  }

  /** Every tenant that has streams. */
  async tenants(): Promise<string[]> {
    return this.client.rows('tenant FROM streams GROUP BY tenant ORDER BY tenant', (row) => row.text());
  }
}

/** Streams that match and were written to on a day of the range; by id. Throws a RequestError 400 for a bad regular expression. */
export async function selectStreams(source: RowSource, { tenant, matchers, startNs, endNs }: Select, signal?: AbortSignal): Promise<Map<bigint, FoundStream>> {
  const passes = labelsTest(matchers);
  const found = new Map<bigint, FoundStream>();
  if (endNs <= startNs) {
    return found;
  }
  const days = `day >= ${dayOf(startNs)} AND day <= ${dayOf(endNs - 1n)}`;
  const where = and(`tenant = ${quote(tenant)}`, days, ...matchers.map(matcherCondition));
  const rows = await source.rows(
    `stream_id, any(lk), any(lv), groupUniqArray(day) FROM ${source.tables.streams} WHERE ${where} GROUP BY stream_id`,
    (row) => ({ id: row.u64(), names: row.texts(), values: row.texts(), days: Array.from({ length: row.varint() }, () => row.i32()) }),
    { signal }
  );
  for (const row of rows) {
    const labels = makeLabels(row.names.map((name, i) => [name, row.values[i]]));
    if (passes(labels)) {
      found.set(row.id, { id: row.id, labels, key: streamKey(labels), days: row.days.sort((a, b) => a - b) });
    }
  }
  return found;
}

/** Longer lists of ids cost more than reading what they would leave out. */
const idListMax = 20_000;

/**
 * Conditions that entries belong to the streams of a selection, each for some of them and all together for every one: for statements whose
 * answer nobody looks through, where a row too many is a wrong number or a line lost.
 */
export function streamsConditions(streams: ReadonlyMap<bigint, FoundStream>, everyStream: boolean): Array<string | undefined> {
  if (everyStream) {
    return [undefined];
  }
  const ids = [...streams.keys()];
  return Array.from({ length: Math.ceil(ids.length / idListMax) }, (_, k) => `stream_id IN (${ids.slice(k * idListMax, (k + 1) * idListMax).join(', ')})`);
}

/** The condition that entries belong to the streams; undefined when there is no use in saying so (the caller looks each up anyhow). */
export function streamsCondition(streams: ReadonlyMap<bigint, FoundStream>, everyStream: boolean): string | undefined {
  return everyStream || streams.size > idListMax ? undefined : `stream_id IN (${[...streams.keys()].join(', ')})`;
}
