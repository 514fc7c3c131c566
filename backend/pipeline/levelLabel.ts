import type { Stage } from '../../src/logql/ast';
import { levelNames } from '../../src/levels/levels';
import type { Chunk } from '../store/store';
import type { LabelsBuilder } from './labelsBuilder';
import type { PipelineOptions } from './pipeline';
import { readLabels } from './requiredLabels';

/** Binocle's own level of an entry. Exists only where a query names it, so that other answers stay those of Loki. */
export const levelLabel = '__level__';

type LevelMode = 'absent' | 'hidden' | 'shown';

/** Whether a pipeline looks at the levels of entries, and whether its results show them. */
export function levelMode(stages: readonly Stage[], { labelsNeeded, unwrap }: PipelineOptions): LevelMode {
  if (labelsNeeded?.has(levelLabel) || unwrap?.label === levelLabel) {
    return 'shown';
  }
  return stages.some((stage) => readLabels(stage)?.includes(levelLabel) ?? false) ? 'hidden' : 'absent';
}

/** Gives entries the label `__level__`: hidden when only stages read it, in the results when what follows the pipeline asks for it. */
export class LevelLabel {
  private readonly number: number;
  private readonly mode: LevelMode;

  constructor(
    private readonly labels: LabelsBuilder,
    stages: readonly Stage[],
    options: PipelineOptions
  ) {
    this.mode = levelMode(stages, options);
    this.number = this.mode === 'absent' ? -1 : labels.names.number(levelLabel);
  }

  turnTo(chunk: Chunk, i: number): void {
    if (this.mode === 'absent') {
      return;
    }
    const name = levelNames[chunk.levels?.[i] ?? 0] ?? levelNames[0];
    if (this.mode === 'shown') {
      this.labels.setBrought(this.number, name);
    } else {
      this.labels.setHidden(this.number, name);
    }
  }
}
