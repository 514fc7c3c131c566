import type { KeepStage } from '../../src/logql/ast';
import { valueTest } from './labelFilter';
import { preserveErrorLabel, tenantLabel } from './labelNames';
import type { BuildContext, Step } from './step';

/** `keep a, b="x"`: everything else goes; errors stay, and so does what tells tenants apart. */
export function buildKeep(stage: KeepStage, { labels }: BuildContext): Step {
  const keeps = new Map<number, Array<(value: string) => boolean>>();
  for (const { name, match } of stage.labels) {
    const number = labels.names.number(name);
    const tests = keeps.get(number) ?? [];
    tests.push(match ? valueTest(match.op, match.value) : () => true);
    keeps.set(number, tests);
  }
  for (const name of [preserveErrorLabel, tenantLabel]) {
    keeps.set(labels.names.number(name), [() => true]);
  }
  return () => {
    for (const number of labels.present()) {
      const tests = keeps.get(number);
      const value = labels.get(number) ?? '';
      if (!tests?.some((test) => test(value))) {
        labels.remove(number);
      }
    }
    return true;
  };
}
