import { columnsTextLength } from '../../pipeline/labelSet';
import type { ResultLabels, StreamPipeline } from '../../pipeline/pipeline';
import type { Chunk, TimeRange } from '../../store/store';
import type { FragmentBudget } from '../budget';
import { packSets } from '../entrySets';
import type { LogFragment, LogFragmentResult } from '../fragment';

interface Kept {
  /** Nanoseconds after the start of the fragment, for comparing; the exact time is `baseNs + offset`. */
  since: number;
  baseNs: bigint;
  offset: number;
  line: string;
  labels: ResultLabels;
}

const timeOf = ({ baseNs, offset }: Kept): bigint => baseNs + BigInt(offset);

/** Numbers that an entry costs for the budget, besides its text. */
const entryCells = 10;

/** Numbers that a label set costs: the objects of one of ordinary length. */
const setCells = 60;
/** How long the text of such a set is; what it has beyond is charged as the text of lines is. */
const setTextOrdinary = 1_000;
/** What a label takes beside its text. */
const labelBytes = 16;

/**
 * Keeps the first `limit` entries in the direction of a query, out of chunks that come roughly in that direction. Once there are as many it
 * knows a time behind which nothing matters, and with each entry that still gets in the last one goes.
 */
export class EntryCollector {
  /** What the chunks before brought, in the direction of the query; equal times in the order in which they were offered. */
  private kept: Kept[] = [];
  /** What this chunk brought, in the same order. */
  private run: Kept[] = [];
  /** By how many of the entries each set is held. */
  private readonly held = new Map<ResultLabels, number>();
  /** 1 forward, -1 backward: `sign * since` grows in the direction of the query. */
  private readonly sign: 1 | -1;
  /** `sign * since` of the last entry that matters, once there are enough. */
  private border = Infinity;
  private lastNs: bigint | undefined;

  constructor(
    private readonly fragment: LogFragment,
    private readonly budget: FragmentBudget
  ) {
    this.sign = fragment.direction === 'forward' ? 1 : -1;
  }

  /** False when no entry of this time (nor of any behind it) can be among the first. */
  wants(nearestNs: bigint): boolean {
    return this.sign * Number(nearestNs - this.fragment.startNs) < this.border;
  }

  /** Takes entry `i` when it passes the pipeline. False when the rest of the chunk, in the direction of the query, is of no use. */
  offer(chunk: Chunk, i: number, stream: StreamPipeline): boolean {
    const since = Number(chunk.baseNs - this.fragment.startNs) + chunk.times[i];
    if (this.sign * since >= this.border) {
      this.endChunk();
      return false;
    }
    const processed = stream.process(chunk, i);
    if (processed) {
      this.budget.read.passed++;
      this.keep(chunk, i, since, processed.line, processed.labels);
    }
    return true;
  }

  /** The same for entries that come in exact order, with Loki's `interval`. False when enough are there. */
  offerInOrder(chunk: Chunk, i: number, stream: StreamPipeline): boolean {
    const tsNs = chunk.baseNs + BigInt(chunk.times[i]);
    const processed = stream.process(chunk, i);
    if (processed && this.farEnough(tsNs)) {
      this.budget.read.passed++;
      this.lastNs = tsNs;
      this.keep(chunk, i, Number(tsNs - this.fragment.startNs), processed.line, processed.labels);
    }
    return this.run.length < this.fragment.limit;
  }

  /** To be called when a chunk was offered: the next one begins anew at its nearest entry. */
  endChunk(): void {
    if (this.run.length > 0) {
      this.kept = merge(this.kept, this.run, this.sign);
      this.run = [];
    }
  }

  /** @param rest times of which not all was offered: their entries are left out. */
  finish(rest?: TimeRange): Omit<LogFragmentResult, 'read' | 'rest'> {
    this.endChunk();
    const kept = rest ? this.kept.filter((entry) => timeOf(entry) < rest.startNs || timeOf(entry) >= rest.endNs) : this.kept;
    const numbers = new Map<ResultLabels, number>();
    for (const { labels } of kept) {
      if (!numbers.has(labels)) {
        numbers.set(labels, numbers.size);
      }
    }
    return {
      kind: 'log',
      sets: packSets([...numbers.keys()]),
      set: Uint32Array.from(kept, (entry) => numbers.get(entry.labels)!),
      times: BigInt64Array.from(kept, timeOf),
      lines: kept.map((entry) => entry.line),
    };
  }

  /** Loki keeps one clock for all streams (pkg/logql/engine.go, readStreams). */
  private farEnough(tsNs: bigint): boolean {
    const { intervalNs } = this.fragment;
    if (intervalNs === 0 || this.lastNs === undefined) {
      return true;
    }
    const distance = this.sign === 1 ? tsNs - this.lastNs : this.lastNs - tsNs;
    return distance >= BigInt(intervalNs);
  }

  private keep(chunk: Chunk, i: number, since: number, line: string, labels: ResultLabels): void {
    this.hold(line, labels);
    this.run.push({ since, baseNs: chunk.baseNs, offset: chunk.times[i], line, labels });
    const { limit } = this.fragment;
    const count = this.kept.length + this.run.length;
    if (count > limit) {
      // all that is kept lies before the border, so this entry comes before the last of the chunks before
      this.letGo(this.kept.pop() ?? this.run.pop()!);
    }
    if (count >= limit) {
      this.border = Math.max(this.endOf(this.kept), this.endOf(this.run));
    }
  }

  private endOf(row: Kept[]): number {
    return row.length > 0 ? this.sign * row[row.length - 1].since : -Infinity;
  }

  private hold(line: string, labels: ResultLabels): void {
    const others = this.held.get(labels) ?? 0;
    this.held.set(labels, others + 1);
    this.budget.chargeCells(others === 0 ? entryCells + setCells : entryCells);
    this.budget.chargeText(others === 0 ? line.length + longText(labels) : line.length);
  }

  private letGo({ line, labels }: Kept): void {
    const others = this.held.get(labels)! - 1;
    if (others > 0) {
      this.held.set(labels, others);
    } else {
      this.held.delete(labels);
    }
    this.budget.chargeCells(-(others === 0 ? entryCells + setCells : entryCells));
    this.budget.chargeText(others === 0 ? -line.length - longText(labels) : -line.length);
  }
}

/** What the labels of a set are longer than ordinary ones. */
function longText(labels: ResultLabels): number {
  return Math.max(0, labels.names.length * labelBytes + columnsTextLength(labels) - setTextOrdinary);
}

/** Two rows in the direction of the query as one; of equal times those of the first row come first. */
function merge(before: Kept[], added: Kept[], sign: 1 | -1): Kept[] {
  const merged: Kept[] = [];
  let i = 0;
  for (const entry of added) {
    while (i < before.length && sign * before[i].since <= sign * entry.since) {
      merged.push(before[i++]);
    }
    merged.push(entry);
  }
  while (i < before.length) {
    merged.push(before[i++]);
  }
  return merged;
}
