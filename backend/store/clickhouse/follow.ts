import type { Matcher } from '../../../src/logql/ast';
import { entriesOfColumns, type Batch, type StreamEntries } from '../../model/entry';
import type { Labels } from '../../model/labels';
import type { LiveSource, LiveSubscriber, Subscription } from '../../model/live';
import { labelsTest } from '../matchers';
import { slice, type Columns } from '../sqlite/format/columns';
import { dayOf, dayStartNs } from '../sqlite/names';
import type { ClickHouseClient, ClientLog } from './client';
import type { CommittedRange } from './encode';
import { EntryRows, entryColumns, type Needs } from './rows';
import { and, quote } from './sql';
import type { StreamTable } from './streams';

/** How often is asked what was stored, and after a failure. */
const pollMs = 400;
const pollAgainMs = 2_000;
/** Notes may become visible so late, by clocks of ClickHouse's nodes that differ or an insert that took long. */
const lateSeconds = 60;
/** After an outage notes of so long are looked at; lines of a longer one are not followed. */
const outageSecondsMax = 600;
/** Notes of one look. */
const notesMax = 50_000;
/** What is read for tails between two looks: more than a person or a tail's own queue can take. */
const entriesMax = 30_000;
const bytesMax = 16 * 1024 * 1024;
/** Conditions in one statement. */
const rangesMax = 200;
/** Entries that are handed on at a time, so that sockets can take them before the next come. */
const entriesAtOnce = 250;
const needs: Needs = { text: 'lines', metadata: true, levels: true };

interface Note extends Omit<CommittedRange, 'day'> {
  writer: number;
  sequence: number;
}

/** What goes to the followers of one tenant: batches in the order of time, and what was too much to be read. */
interface Delivery {
  tenant: string;
  followers: Follower[];
  parts: Array<Batch['streams']>;
  missed: Array<{ stream: Labels; fromNs: bigint }>;
}

interface Follower extends LiveSubscriber {
  tenant: string;
  matches: (labels: Labels) => boolean;
  following: boolean;
  joined: () => void;
}

/**
 * Live entries of all servers that share the tables: looks every moment at what was noted in `commits`, and reads those entries that somebody
 * here follows. What this process stores comes the same way, so that nothing comes twice.
 */
export class CommitFollower implements LiveSource {
  readonly lagMsMax = 10_000;
  private readonly followers = new Set<Follower>();
  /** The last note seen of each writer. */
  private seen: Map<number, number> | undefined;
  private lookedMs = 0;
  private running: Promise<void> | undefined;
  private closed = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly streams: StreamTable,
    private readonly log: ClientLog
  ) {}

  subscribe(tenant: string, matchers: Matcher[], subscriber: LiveSubscriber): Subscription {
    let joined: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (joined = resolve));
    const follower: Follower = {
      tenant, joined, following: false, matches: labelsTest(matchers),
      receive: (batch) => subscriber.receive(batch),
      missed: (stream, fromNs) => subscriber.missed(stream, fromNs),
    };
    this.followers.add(follower);
    this.wake();
    this.running ??= this.run().finally(() => (this.running = undefined));
    return { ready, close: () => this.followers.delete(follower) };
  }

  private async run(): Promise<void> {
    let failing = false;
    this.seen = undefined;
    while (this.followers.size > 0 && !this.closed) {
      try {
        const joining = [...this.followers].filter(({ following }) => !following);
        await this.look();
        // what comes from the next look on is theirs
        joining.forEach((follower) => {
          follower.following = true;
          follower.joined();
        });
        failing = false;
      } catch (error) {
        if (!failing) {
          this.log('live tails wait: ClickHouse could not be asked what was stored; it is tried again', error);
        }
        failing = true;
      }
      if (!this.closed) {
        await this.pause(failing ? pollAgainMs : pollMs);
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async look(): Promise<void> {
    const nowMs = Date.now();
    if (!this.seen) {
      this.seen = new Map(await this.client.rows(`writer, max(sequence) FROM commits WHERE at >= now() - ${outageSecondsMax} GROUP BY writer`, (row) => [row.u32(), row.count()]));
      this.lookedMs = nowMs;
      return;
    }
    const following = [...this.followers].filter((follower) => follower.following);
    const tenants = [...new Set(following.map(({ tenant }) => tenant))];
    if (tenants.length === 0) {
      return;
    }
    const seconds = Math.min(outageSecondsMax, lateSeconds + Math.ceil((nowMs - this.lookedMs) / 1000));
    const notes = await this.notes(tenants, seconds, this.seen);
    const deliveries: Delivery[] = [];
    for (const tenant of tenants) {
      const own = notes.filter((note) => note.tenant === tenant);
      if (own.length > 0) {
        deliveries.push(await this.prepare(tenant, own, following.filter((follower) => follower.tenant === tenant)));
      }
    }
    // only now, when nothing can fail any more: notes of a look that failed come again with the next
    for (const { writer, sequence } of notes) {
      this.seen.set(writer, Math.max(this.seen.get(writer) ?? 0, sequence));
    }
    this.lookedMs = nowMs;
    for (const delivery of deliveries) {
      await this.deliver(delivery);
    }
  }

  /** Notes that were not seen yet, those of each writer in their order: what the limit cuts off comes with the next look. */
  private async notes(tenants: string[], seconds: number, seen: ReadonlyMap<number, number>): Promise<Note[]> {
    const later = seen.size === 0 ? undefined : `sequence > transform(writer, [${[...seen.keys()].join(', ')}], [${[...seen.values()].join(', ')}], 0)`;
    const where = and(`at >= now() - ${seconds}`, `tenant IN (${tenants.map(quote).join(', ')})`, later);
    const notes = await this.client.rows(
      `writer, sequence, tenant, stream_id, ts_first, ts_last, arrival_first, arrival_last, entries, bytes FROM commits WHERE ${where} ORDER BY sequence LIMIT ${notesMax}`,
      (row): Note => ({
        writer: row.u32(), sequence: row.count(), tenant: row.text(), streamId: row.u64(), firstNs: row.i64(), lastNs: row.i64(),
        arrivalFirst: row.count(), arrivalLast: row.count(), entries: row.count(), bytes: row.count(),
      })
    );
    return notes;
  }

  /** Reads what the notes name and somebody follows, in bounds. */
  private async prepare(tenant: string, notes: Note[], followers: Follower[]): Promise<Delivery> {
    const labels = await this.streams.labelsOf(tenant, notes.map(({ streamId }) => streamId));
    const wanted = notes.filter(({ streamId }) => {
      const stream = labels.get(streamId);
      return stream !== undefined && followers.some(({ matches }) => matches(stream));
    });
    const taken: Note[] = [];
    const missed: Delivery['missed'] = [];
    let entries = 0;
    let bytes = 0;
    for (const note of wanted) {
      entries += note.entries;
      bytes += note.bytes;
      if (entries <= entriesMax && bytes <= bytesMax) {
        taken.push(note);
      } else {
        missed.push({ stream: labels.get(note.streamId)!, fromNs: note.firstNs });
      }
    }
    return { tenant, followers, missed, parts: await this.read(tenant, taken, labels) };
  }

  private async deliver({ tenant, followers, missed, parts }: Delivery): Promise<void> {
    for (const { stream, fromNs } of missed) {
      followers.forEach((follower) => follower.missed(stream, fromNs));
    }
    for (const streams of parts) {
      for (const follower of followers) {
        if (this.followers.has(follower)) {
          follower.receive({ tenant, streams });
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private async read(tenant: string, notes: Note[], labels: ReadonlyMap<bigint, Labels>): Promise<StreamEntries[][]> {
    const found: Found[] = [];
    const byDay = new Map<number, Note[]>();
    for (const note of notes) {
      const day = dayOf(note.firstNs);
      byDay.set(day, [...(byDay.get(day) ?? []), note]);
    }
    for (const [day, own] of byDay) {
      for (let from = 0; from < own.length; from += rangesMax) {
        const some = own.slice(from, from + rangesMax);
        const range = `ts >= ${least(some.map(({ firstNs }) => firstNs))} AND ts <= ${greatest(some.map(({ lastNs }) => lastNs))}`;
        const ids = `stream_id IN (${[...new Set(some.map(({ streamId }) => streamId))].join(', ')})`;
        const where = and(`tenant = ${quote(tenant)}`, ids, range, `(${some.map(noteCondition).join(' OR ')})`);
        const rows = new EntryRows(await this.client.read(`${entryColumns(needs)} FROM entries WHERE ${where}`), needs, day);
        found.push(...rows.columns().map(({ id, columns }) => ({ labels: labels.get(id)!, baseNs: dayStartNs(day), columns })));
      }
    }
    return inOrder(found);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.running;
  }
}

const noteCondition = ({ streamId, writer, firstNs, lastNs, arrivalFirst, arrivalLast }: Note): string =>
  `(stream_id = ${streamId} AND writer = ${writer} AND ts >= ${firstNs} AND ts <= ${lastNs} AND arrival >= ${arrivalFirst} AND arrival <= ${arrivalLast})`;

const least = (values: bigint[]): bigint => values.reduce((a, b) => (b < a ? b : a));
const greatest = (values: bigint[]): bigint => values.reduce((a, b) => (b > a ? b : a));

interface Found {
  labels: Labels;
  baseNs: bigint;
  columns: Columns;
}

/** All entries in the order of time, in parts of `entriesAtOnce`. */
function inOrder(found: Found[]): Array<Batch['streams']> {
  const order = found.flatMap(({ baseNs, columns }, k) => Array.from(columns.times, (time, i) => ({ k, i, ns: baseNs + BigInt(time) })));
  order.sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : a.k - b.k || a.i - b.i));
  const parts: Array<Batch['streams']> = [];
  for (let from = 0; from < order.length; from += entriesAtOnce) {
    const spans = new Map<number, { from: number; to: number }>();
    for (const { k, i } of order.slice(from, from + entriesAtOnce)) {
      const span = spans.get(k);
      spans.set(k, { from: span?.from ?? i, to: i + 1 });
    }
    parts.push([...spans].map(([k, span]) => entriesOfColumns(found[k].labels, found[k].baseNs, slice(found[k].columns, span.from, span.to))));
  }
  return parts;
}
