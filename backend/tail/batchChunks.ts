import type { StreamEntries } from '../model/entry';
import type { Chunk } from '../store/store';

/** The entries of one stream of a batch as a chunk, in order of time, as pipelines read them. Copies the text. */
export function chunkOfEntries(stream: StreamEntries, streamId: string): Chunk {
  const { count, baseNs } = stream;
  const order = Array.from({ length: count }, (_, i) => i);
  if (order.some((i) => i > 0 && stream.times[i] < stream.times[i - 1])) {
    order.sort((a, b) => stream.times[a] - stream.times[b] || a - b);
  }
  const offsets = new Uint32Array(count + 1);
  order.forEach((from, i) => (offsets[i + 1] = offsets[i] + stream.ends[from] - stream.starts[from]));
  const text = new Uint8Array(offsets[count]);
  order.forEach((from, i) => text.set(stream.body.subarray(stream.starts[from], stream.ends[from]), offsets[i]));
  const times = Float64Array.from(order, (i) => stream.times[i]);
  // Position 0 is the empty set, for entries without metadata.
  const sets = [new Map<string, string>()];
  const numbers = new Map<unknown, number>([[undefined, 0]]);
  const metadata = stream.metadata && Uint32Array.from(order, (i) => {
    const set = stream.metadata?.[i];
    let number = numbers.get(set);
    if (number === undefined) {
      number = sets.push(set as Map<string, string>) - 1;
      numbers.set(set, number);
    }
    return number;
  });
  return {
    stream: stream.labels, streamId, count, baseNs, times, offsets, text,
    minNs: baseNs + BigInt(times[0]),
    maxNs: baseNs + BigInt(times[count - 1]),
    metadata,
    metadataSets: metadata && sets,
    levels: stream.levels && Uint8Array.from(order, (i) => (stream.levels as Uint8Array)[i]),
  };
}
