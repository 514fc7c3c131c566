import type { Labels } from '../model/labels';
import type { Chunk } from '../store/store';

/** Entries of one stream as a chunk: what tests and benchmarks put through pipelines. */
export function chunkOf(stream: Labels, entries: Array<{ tsNs?: bigint; line: string | Buffer; metadata?: Labels; level?: number }>): Chunk {
  const lines = entries.map(({ line }) => (typeof line === 'string' ? Buffer.from(line, 'utf8') : line));
  const offsets = new Uint32Array(lines.length + 1);
  lines.forEach((line, i) => (offsets[i + 1] = offsets[i] + line.length));
  const baseNs = entries[0]?.tsNs ?? 0n;
  const times = Float64Array.from(entries, ({ tsNs }) => Number((tsNs ?? baseNs) - baseNs));
  const chunk: Chunk = { stream, streamId: 'test', count: lines.length, minNs: baseNs, maxNs: entries.at(-1)?.tsNs ?? baseNs, baseNs, times, offsets, text: Buffer.concat(lines) };
  if (entries.some(({ metadata }) => metadata)) {
    const sets = [...new Set(entries.map(({ metadata }) => metadata ?? new Map<string, string>()))];
    chunk.metadataSets = sets;
    chunk.metadata = Uint32Array.from(entries, ({ metadata }) => (metadata ? sets.indexOf(metadata) : sets.findIndex((set) => set.size === 0)));
  }
  if (entries.some(({ level }) => level !== undefined)) {
    chunk.levels = Uint8Array.from(entries, ({ level }) => level ?? 0);
  }
  return chunk;
}
