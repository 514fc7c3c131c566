import { grafanaLevel, ruleRegex } from '../frames/levels';
import { logQueriesOf, regexError } from '../logql';
import type { LevelRule } from '../settings';
import { escapeQuoted } from './interpolate';
import { parsed } from './kind';

/**
 * A histogram query (`sum by (..) (count_over_time(<lines> [..]))`) that counts by the rules of a data source as lines are coloured by them:
 * lines that match the first rule, those that match the second and not the first, and so on, and the rest by their own level.
 * Rules the server cannot have (RE2 lacks lookaheads) colour lines only; those that colour no line count none.
 */
export function withLevelRules(volume: string, rules: readonly LevelRule[]): string {
  const usable = rules.filter(isUsable);
  const found = parsed(volume);
  const [log] = found ? logQueriesOf(found) : [];
  if (!log || usable.length === 0) {
    return volume;
  }
  const lines = volume.slice(log.span.start, log.span.end);
  const head = volume.slice(0, log.span.start);
  const tail = volume.slice(log.span.end);
  const others = usable.map((rule) => condition(rule, false));
  const counted = usable.map((rule, index) => {
    const count = `sum(count_over_time(${lines}${others.slice(0, index).join('')}${condition(rule, true)}${tail}`;
    // Two rules of one level are two series: without a label of their own `or` would take one for the other.
    return `label_replace(label_replace(${count}, "level", ${JSON.stringify(rule.level)}, "", ""), "rule", "${index}", "", "")`;
  });
  return [...counted, `${head}${lines}${others.join('')}${tail}`].join(' or ');
}

function isUsable({ regex, label, level }: LevelRule): boolean {
  const colours = grafanaLevel(level) !== undefined && ruleRegex(regex) !== undefined;
  return colours && regex !== '' && regexError(regex) === undefined && (!label || /^[A-Za-z_]\w*$/.test(label));
}

function condition({ regex, label }: LevelRule, matches: boolean): string {
  if (label) {
    // A label filter looks at the whole value, a rule anywhere in it.
    return ` | ${label}${matches ? '=~' : '!~'}${quoted(`(?s:.*(?:${regex}).*)`)}`;
  }
  return ` ${matches ? '|~' : '!~'} ${quoted(regex)}`;
}

function quoted(text: string): string {
  return `"${escapeQuoted(text)}"`;
}
