import { Captures } from '../captures';
import { ConfigError } from '../config/yaml';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { inputOf } from './values';

/** Compiles an expression of a stage; a wrong one is a ConfigError in Go's words. */
export function compileExpression(expression: string): Captures {
  try {
    return Captures.compile(expression);
  } catch (error) {
    throw new ConfigError(`could not compile regular expression: ${(error as Error).message}`);
  }
}

/** `regex`: named groups become extracted values; a group that took no part is empty. */
export const regexStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const expression = config.text('expression');
  const source = config.source();
  if (!expression) {
    throw new ConfigError('expression is required');
  }
  const regex = compileExpression(expression);
  return () => ({
    run(entry, next) {
      const input = inputOf(entry, source);
      const groups = input === undefined ? undefined : regex.exec(input);
      if (groups) {
        regex.names.forEach((name, group) => {
          if (name !== undefined) {
            entry.extracted.set(name, groups[group] ?? '');
          }
        });
      }
      next(entry);
    },
  });
};
