import type { Stage } from '../../src/logql/ast';
import { levelNames } from '../../src/levels/levels';
import type { Chunk } from '../store/store';
import type { LabelsBuilder } from './labelsBuilder';
import type { PipelineOptions } from './pipeline';
import { readLabels } from './requiredLabels';

/** Binocle's own level of an entry. Exists only where a query names it, so that other answers stay those of Loki. */
export const levelLabel = '__level__';

/** Gives entries the label `__level__`: hidden when only stages read it, in the results when what follows the pipeline asks for it. */
export class LevelLabel {
  private readonly number: number;
  private readonly mode: 'absent' | 'hidden' | 'shown';

  constructor(
    private readonly labels: LabelsBuilder,
    stages: readonly Stage[],
    options: PipelineOptions
  ) {
    const read = stages.some((stage) => readLabels(stage)?.includes(levelLabel) ?? false);
    const shown = options.labelsNeeded?.has(levelLabel) || options.unwrap?.label === levelLabel;
    this.mode = shown ? 'shown' : read ? 'hidden' : 'absent';
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
