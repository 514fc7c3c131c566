import type { Stage } from '../../src/logql/ast';
import { badRequest } from '../model/errors';
import type { Step } from './step';

export function unavailableStage(stage: Stage): Step {
  throw badRequest(`stage ${stage.kind} is not built yet`);
}
