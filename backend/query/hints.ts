import type { Stage } from '../../src/logql/ast';
import type { Hint } from '../store/store';

export function leadingHints(_stages: readonly Stage[]): Hint[] {
  return [];
}
