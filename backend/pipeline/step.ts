import type { LabelsBuilder } from './labelsBuilder';
import type { Line } from './line';

/** One stage, ready to run: changes the line and the labels, answers false when the entry is dropped. */
export type Step = (line: Line, labels: LabelsBuilder) => boolean;

/** What a stage may need while it is built. */
export interface BuildContext {
  labels: LabelsBuilder;
  /** Tuples that `distinct` has seen; outlives a rebuild of the steps. */
  seen: Map<unknown, Set<string>>;
}
