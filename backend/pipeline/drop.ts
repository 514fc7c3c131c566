import type { DropStage, LabelRef } from '../../src/logql/ast';
import { valueTest } from './labelFilter';
import { errorDetailsLabel, errorLabel } from './labelNames';
import type { BuildContext, Step } from './step';

/** `drop a, b="x"`. Dropping `__error__` hides the error. */
export function buildDrop(stage: DropStage, context: BuildContext): Step {
  const drops = stage.labels.map((label) => buildDropLabel(label, context));
  return () => {
    for (const drop of drops) {
      drop();
    }
    return true;
  };
}

function buildDropLabel({ name, match }: LabelRef, { labels }: BuildContext): () => void {
  const matches = match ? valueTest(match.op, match.value) : () => true;
  if (name === errorLabel) {
    return () => {
      if (matches(labels.error)) {
        labels.error = '';
      }
    };
  }
  if (name === errorDetailsLabel) {
    return () => {
      if (matches(labels.errorDetails)) {
        labels.errorDetails = '';
      }
    };
  }
  const number = labels.names.number(name);
  return () => {
    const value = labels.get(number);
    if (value !== undefined && matches(value)) {
      labels.remove(number);
    }
  };
}
