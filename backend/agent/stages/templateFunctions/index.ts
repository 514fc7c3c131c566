import type { Named } from './arguments';
import { listFunctions } from './lists';
import { pathFunctions } from './paths';
import { stringFunctions } from './strings';
import { timeFunctions } from './times';
import { valueFunctions } from './values';

/**
 * Functions of the agent's templates beside the shared ones: those of sprig (github.com/Masterminds/sprig v3) that need neither network,
 * environment nor keys, and Promtail's own hashes.
 */
export const agentFunctions: readonly Named[] = [...stringFunctions, ...listFunctions, ...valueFunctions, ...pathFunctions, ...timeFunctions];
