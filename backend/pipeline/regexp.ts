import type { RegexpStage } from '../../src/logql/ast';
import { badRequest } from '../model/errors';
import { unwanted } from '../text/fields';
import { compileRegex } from '../text/re2';
import type { BuildContext, Step } from './step';

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** `regexp "(?P<x>...)"`: the named groups of the first match. */
export function buildRegexp(stage: RegexpStage, { labels }: BuildContext): Step {
  const regex = compileRegex(stage.pattern);
  const groups: Array<{ group: number; number: number }> = [];
  const names = new Set<string>();
  regex.groupNames.forEach((name, group) => {
    if (name === undefined) {
      return;
    }
    if (!labelName.test(name)) {
      throw badRequest(`invalid extracted label name '${name}'`);
    }
    if (names.has(name)) {
      throw badRequest(`duplicate extracted label name '${name}'`);
    }
    names.add(name);
    groups.push({ group, number: labels.wantedNumber(name) });
  });
  if (names.size === 0) {
    throw badRequest('at least one named capture must be supplied');
  }
  return (line) => {
    const match = regex.exec(line.text);
    if (match) {
      labels.markFound();
      for (const { group, number } of groups) {
        if (number !== unwanted) {
          labels.foundText(number, match[group] ?? '');
        }
      }
    }
    return true;
  };
}
