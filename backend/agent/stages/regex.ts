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

/** The `expression` that a stage must have. */
export function readExpression(config: StageConfig): Captures {
  const expression = config.text('expression');
  if (!expression) {
    throw new ConfigError('expression is required');
  }
  return compileExpression(expression);
}

/** `regex`: named groups become extracted values; a group that took no part is empty. */
export const regexStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const source = config.source();
  const regex = readExpression(config);
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
