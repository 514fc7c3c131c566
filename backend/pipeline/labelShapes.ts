import type { LabelNames } from './labelNames';
import type { LabelSet } from './labelSet';
import type { Origin } from './pipeline';

/** Shapes kept of one stream; beyond it they are learned anew. Lines of one program have a few. */
const shapesMax = 256;

/** The labels of a set but for the values that its entry brought: lines of one form bring the same labels, and only the values differ. */
export interface LabelShape {
  names: readonly string[];
  origins: readonly Origin[];
  /** Values of the stream's labels; empty where the entry brought one. */
  values: readonly string[];
  /** Of each label that the entry brought its place among these. */
  places: readonly number[];
}

interface Known extends LabelShape {
  ids: readonly number[];
  kinds: readonly number[];
}

/** The shapes of the results of one stream, by the numbers and kinds of the labels that entries brought, in their order. */
export class LabelShapes {
  private readonly known = new Map<number, Known>();

  /** The shape of entries that brought the first `count` of these labels, if one is known. */
  find(ids: readonly number[], kinds: readonly number[], count: number): LabelShape | undefined {
    const shape = this.known.get(hashOf(ids, kinds, count));
    return shape && isOf(shape, ids, kinds, count) ? shape : undefined;
  }

  /** Takes the shape of an entry from its set. */
  learn(ids: readonly number[], kinds: readonly number[], labelNames: LabelNames, { names, values, origins }: LabelSet): LabelShape {
    if (this.known.size >= shapesMax) {
      this.known.clear();
    }
    const places = ids.map((id) => names.indexOf(labelNames.name(id)));
    const shape = { ids, kinds, names, origins, places, values: values.map((value, place) => (places.includes(place) ? '' : value)) };
    this.known.set(hashOf(ids, kinds, ids.length), shape);
    return shape;
  }
}

function hashOf(ids: readonly number[], kinds: readonly number[], count: number): number {
  let hash = count;
  for (let i = 0; i < count; i++) {
    hash = (Math.imul(hash, 31) + 2 * ids[i] + kinds[i]) | 0;
  }
  return hash;
}

function isOf(shape: Known, ids: readonly number[], kinds: readonly number[], count: number): boolean {
  if (shape.ids.length !== count) {
    return false;
  }
  for (let i = 0; i < count; i++) {
    if (shape.ids[i] !== ids[i] || shape.kinds[i] !== kinds[i]) {
      return false;
    }
  }
  return true;
}
