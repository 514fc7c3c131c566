import type { TemplateFunction } from '../../../text/template';

/** Functions of the agent's templates beside the shared ones. */
export const agentFunctions: ReadonlyArray<readonly [string, TemplateFunction]> = [];
