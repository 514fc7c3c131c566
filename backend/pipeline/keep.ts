import type { KeepStage } from '../../src/logql/ast';
import { valueTest } from './labelFilter';
import { preserveErrorLabel, tenantLabel } from './labelNames';
import type { BuildContext, Step } from './step';

/** `keep a, b="x"`: everything else goes; errors stay, and so does what tells tenants apart. */
export function buildKeep(stage: KeepStage, { labels }: BuildContext): Step {
  const keeps = new Set([preserveErrorLabel, tenantLabel].map((name) => labels.names.number(name)));
  const keepsSome = new Map<number, Array<(value: string) => boolean>>();
  for (const { name, match } of stage.labels) {
    const number = labels.names.number(name);
    if (match) {
      keepsSome.set(number, [...(keepsSome.get(number) ?? []), valueTest(match.op, match.value)]);
    } else {
      keeps.add(number);
    }
  }
  const keptByValue = (number: number): boolean => keepsSome.get(number)?.some((test) => test(labels.get(number) ?? '')) === true;
  return () => {
    const present = labels.present();
    // The last label is taken away with the least work.
    for (let i = present.length - 1; i >= 0; i--) {
      if (!keeps.has(present[i]) && !keptByValue(present[i])) {
        labels.remove(present[i]);
      }
    }
    return true;
  };
}
