import { createHash } from 'node:crypto';
import { Captures } from './captures';
import { Section } from './config/section';
import { ConfigError } from './config/yaml';
import { isLabelName, LabelSet } from './labelSet';

const actions = ['replace', 'keep', 'drop', 'keepequal', 'dropequal', 'hashmod', 'labelmap', 'labeldrop', 'labelkeep', 'lowercase', 'uppercase'] as const;
type Action = (typeof actions)[number];

/** One rule of `relabel_configs` (Prometheus, model/relabel). */
export interface RelabelRule {
  action: Action;
  sourceLabels: string[];
  separator: string;
  regex: Captures;
  modulus: bigint;
  targetLabel: string;
  replacement: string;
}

const defaults = { separator: ';', regex: '(.*)', replacement: '$1' };
const targetPattern = /^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$/;
const needsTarget: ReadonlySet<Action> = new Set(['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']);

/** Reads and checks one rule; the messages are Prometheus'. Throws a ConfigError. */
export function readRelabelRule(section: Section): RelabelRule {
  const action = section.text('action', 'replace').toLowerCase() as Action;
  const pattern = section.text('regex', defaults.regex);
  const rule = {
    action,
    sourceLabels: section.texts('source_labels'),
    separator: section.text('separator', defaults.separator),
    regex: anchored(pattern, section),
    modulus: BigInt(section.int('modulus', 0)),
    targetLabel: section.text('target_label', ''),
    replacement: section.text('replacement', defaults.replacement),
  };
  section.finishStrict();
  const problem = problemOf(rule, pattern);
  if (problem) {
    throw new ConfigError(`${section.path}: ${problem}`);
  }
  return rule;
}

function anchored(pattern: string, section: Section): Captures {
  try {
    // Anchored, and a dot does not match a line feed: that came with Prometheus 3, which Promtail never took over.
    return Captures.compile(`^(?:${pattern})$`);
  } catch (error) {
    throw new ConfigError(`${section.at('regex')}: ${(error as Error).message}`);
  }
}

function problemOf(rule: RelabelRule, pattern: string): string | undefined {
  const { action, targetLabel } = rule;
  if (!actions.includes(action)) {
    return `unknown relabel action "${action}"`;
  }
  const badSource = rule.sourceLabels.find((name) => !isLabelName(name));
  if (badSource !== undefined) {
    return `"${badSource}" is not a valid label name`;
  }
  if (action === 'hashmod' && rule.modulus === 0n) {
    return 'relabel configuration for hashmod requires non-zero modulus';
  }
  if (needsTarget.has(action) && targetLabel === '') {
    return `relabel configuration for ${action} action requires 'target_label' value`;
  }
  const template = action === 'replace' && targetLabel.includes('$');
  if (needsTarget.has(action) && !(template ? targetPattern.test(targetLabel) : isLabelName(targetLabel))) {
    return `"${targetLabel}" is invalid 'target_label' for ${action} action`;
  }
  return problemOfExtras(rule, pattern);
}

function problemOfExtras({ action, sourceLabels, separator, modulus, targetLabel, replacement }: RelabelRule, pattern: string): string | undefined {
  const plain = separator === defaults.separator && replacement === defaults.replacement && modulus === 0n;
  if ((action === 'lowercase' || action === 'uppercase') && replacement !== defaults.replacement) {
    return `'replacement' can not be set for ${action} action`;
  }
  if ((action === 'keepequal' || action === 'dropequal') && !(plain && pattern === defaults.regex)) {
    return `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`;
  }
  if ((action === 'labeldrop' || action === 'labelkeep') && !(plain && sourceLabels.length === 0 && targetLabel === '')) {
    return `${action} action requires only 'regex', and no other fields`;
  }
  if (action === 'labelmap' && !targetPattern.test(replacement)) {
    return `"${replacement}" is invalid 'replacement' for labelmap action`;
  }
  return undefined;
}

/** Applies rules in order; undefined when one of them drops the target. Labels with an empty value do not exist. */
export function relabel(labels: ReadonlyMap<string, string>, rules: readonly RelabelRule[]): LabelSet | undefined {
  const work = new Map([...labels].filter(([, value]) => value !== ''));
  for (const rule of rules) {
    if (!applyRule(work, rule)) {
      return undefined;
    }
  }
  return LabelSet.from(work);
}

/** False when the rule drops the target. */
function applyRule(labels: Map<string, string>, rule: RelabelRule): boolean {
  const value = rule.sourceLabels.map((name) => labels.get(name) ?? '').join(rule.separator);
  const set = (name: string, text: string) => (text === '' ? labels.delete(name) : labels.set(name, text));
  switch (rule.action) {
    case 'keep':
      return rule.regex.test(value);
    case 'drop':
      return !rule.regex.test(value);
    case 'keepequal':
      return (labels.get(rule.targetLabel) ?? '') === value;
    case 'dropequal':
      return (labels.get(rule.targetLabel) ?? '') !== value;
    case 'replace':
      replace(rule, value, set);
      return true;
    case 'hashmod':
      set(rule.targetLabel, String(createHash('md5').update(value).digest().readBigUInt64BE(8) % rule.modulus));
      return true;
    case 'lowercase':
      set(rule.targetLabel, value.toLowerCase());
      return true;
    case 'uppercase':
      set(rule.targetLabel, value.toUpperCase());
      return true;
    default:
      changeNames(labels, rule, set);
      return true;
  }
}

function replace(rule: RelabelRule, value: string, set: (name: string, text: string) => void): void {
  const match = rule.regex.exec(value);
  if (!match) {
    return;
  }
  const name = rule.regex.expand(rule.targetLabel, match);
  if (isLabelName(name)) {
    set(name, rule.regex.expand(rule.replacement, match));
  }
}

function changeNames(labels: Map<string, string>, rule: RelabelRule, set: (name: string, text: string) => void): void {
  // In the order of the names: of two labels that become one the later wins.
  for (const [name, value] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const matches = rule.regex.test(name);
    if (rule.action === 'labelmap' && matches) {
      set(rule.regex.replaceAll(name, rule.replacement), value);
    } else if (rule.action !== 'labelmap' && matches === (rule.action === 'labeldrop')) {
      labels.delete(name);
    }
  }
}

/** Labels of a target that go with its lines: all but those that begin with two underscores. */
export function publicLabels(labels: LabelSet): LabelSet {
  return LabelSet.from([...labels.labels].filter(([name]) => !name.startsWith('__')));
}
