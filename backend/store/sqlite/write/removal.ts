import type { Labels } from '../../../model/labels';
import type { Chunk, TimeRange } from '../../store';
import type { BlockHeader } from '../format/block';
import { filter, lowerBound, toChunk, type Columns } from '../format/columns';
import { readHotRow, type HotHeader } from '../format/hotRow';
import { dayLengthNs, dayOf, dayStartNs, daysOf } from '../names';
import { labelsOfKey } from '../format/streamKey';
import type { TenantWriter } from './tenantWriter';

/** Which of the covered entries of a chunk go (1) and stay (0); undefined: all go. */
export type Ask = { chunk: Chunk };

/** The part of a range that lies in a day, in ns after its midnight: [from, to). */
function rangeInDay(range: TimeRange, day: number): { from: number; to: number } {
  const startNs = dayStartNs(day);
  const clamp = (ns: bigint): number => Number(ns < 0n ? 0n : ns > BigInt(dayLengthNs) ? BigInt(dayLengthNs) : ns);
  return { from: clamp(range.startNs - startNs), to: clamp(range.endNs - startNs) };
}

export type Passes = (labels: Labels) => boolean;

/**
 * Removes what a range of the streams that pass covers, piece by piece, each piece in a transaction of its own; answers how many entries went.
 * With `asks` it yields each covered piece and takes the marks of the caller; nothing may be sealed between the two.
 */
export function* removeEntries(tenant: TenantWriter, dir: string, range: TimeRange, passes: Passes, asks: boolean): Generator<Ask, number, Uint8Array | undefined> {
  let removed = 0;
  tenant.finishMoves();
  const hot = tenant.hot.prepare('SELECT id, day, stream, min, max, count, bytes FROM hot').all() as HotHeader[];
  for (const row of hot) {
    const labels = labelsOfKey(row.stream);
    const { from, to } = rangeInDay(range, row.day);
    if (row.max < from || row.min >= to || !passes(labels)) {
      continue;
    }
    const whole = row.min >= from && row.max < to;
    if (whole && !asks) {
      tenant.replaceHot(row.id, undefined);
      removed += row.count;
      continue;
    }
    const { data } = tenant.statement('SELECT data FROM hot WHERE id = ?').get(row.id) as { data: Uint8Array };
    const columns = readHotRow(data);
    const kept = yield* keepOf(columns, { from, to, day: row.day, labels, key: row.stream, asks });
    if (kept) {
      tenant.replaceHot(row.id, filter(columns, kept.keep));
      removed += kept.gone;
    }
  }
  tenant.recount();
  for (const day of daysIn(dir, tenant.tenant, range)) {
    removed += yield* removeFromDay(tenant, day, range, passes, asks);
  }
  return removed;
}

export function daysIn(dir: string, tenant: string, range: TimeRange): number[] {
  return range.endNs <= range.startNs ? [] : daysOf(dir, tenant).filter((day) => day >= dayOf(range.startNs) && day <= dayOf(range.endNs - 1n));
}

/** Blocks of a day, page by page. The writer is asked for anew for each, since others may have taken its place meanwhile. */
function* blocksOf(tenant: TenantWriter, day: number, from: number, to: number): Generator<BlockHeader> {
  for (let page = tenant.day(day).blocksAfter(0, from, to); page.length > 0; page = tenant.day(day).blocksAfter(page[page.length - 1].id, from, to)) {
    yield* page;
  }
}

/** Streams of a day kept at hand, a kilobyte each. */
const rememberedStreamsMax = 5_000;

function* removeFromDay(tenant: TenantWriter, day: number, range: TimeRange, passes: Passes, asks: boolean): Generator<Ask, number, Uint8Array | undefined> {
  const { from, to } = rangeInDay(range, day);
  const streams = new Map<number, { key: string; labels: Labels; passes: boolean }>();
  const streamOf = (id: number): { key: string; labels: Labels; passes: boolean } => {
    let stream = streams.get(id);
    if (!stream) {
      const key = tenant.day(day).streamKey(id);
      const labels = labelsOfKey(key);
      stream = { key, labels, passes: passes(labels) };
      if (streams.size >= rememberedStreamsMax) {
        streams.clear();
      }
      streams.set(id, stream);
    }
    return stream;
  };
  let removed = 0;
  const whole: number[] = [];
  for (const block of blocksOf(tenant, day, from, to - 1)) {
    const stream = streamOf(block.stream);
    if (!stream.passes) {
      continue;
    }
    if (!asks && block.min >= from && block.max < to) {
      whole.push(block.id);
      removed += block.count;
      continue;
    }
    const columns = tenant.day(day).read(block.id);
    const kept = yield* keepOf(columns, { from, to, day, key: stream.key, labels: stream.labels, asks });
    if (kept) {
      tenant.day(day).replace(block.id, filter(columns, kept.keep));
      removed += kept.gone;
    }
  }
  if (removed > 0) {
    tenant.day(day).drop(whole);
    tenant.day(day).sweep();
  }
  return removed;
}

interface Cover {
  from: number;
  to: number;
  day: number;
  labels: Labels;
  key: string;
  asks: boolean;
}

/** Marks of what stays, or undefined when everything does. */
function* keepOf(columns: Columns, { from, to, day, labels, key, asks }: Cover): Generator<Ask, { keep: Uint8Array; gone: number } | undefined, Uint8Array | undefined> {
  const first = lowerBound(columns.times, from);
  const end = lowerBound(columns.times, to);
  if (first >= end) {
    return undefined;
  }
  const keep = new Uint8Array(columns.count).fill(1);
  let gone = end - first;
  if (asks) {
    gone = 0;
    const covered = filter(columns, keep.map((_, i) => Number(i >= first && i < end)))!;
    const drops = yield { chunk: toChunk(covered, day, labels, key) };
    for (let i = first; i < end; i++) {
      if (!drops || drops[i - first] === 1) {
        keep[i] = 0;
        gone++;
      }
    }
  } else {
    keep.fill(0, first, end);
  }
  return gone > 0 ? { keep, gone } : undefined;
}
