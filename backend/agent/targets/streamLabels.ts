import { LabelSet } from '../labelSet';
import { publicLabels, relabel, type RelabelRule } from '../relabel';

/** Label sets whose relabelling is remembered: lines of one sender carry the same labels again and again. */
const rememberedMax = 1_000;

/** Relabelling line by line, for targets whose labels come with the lines. */
export class StreamLabels {
  private readonly known = new Map<string, LabelSet | undefined>();

  constructor(private readonly rules: readonly RelabelRule[]) {}

  /** What is left after relabelling, without internal labels; undefined when the line is to be dropped. */
  of(labels: ReadonlyMap<string, string>): LabelSet | undefined {
    const key = LabelSet.from(labels).text;
    if (this.known.has(key)) {
      return this.known.get(key);
    }
    const result = relabel(labels, this.rules);
    const shown = result && publicLabels(result);
    if (this.known.size >= rememberedMax) {
      this.known.clear();
    }
    this.known.set(key, shown);
    return shown;
  }
}
