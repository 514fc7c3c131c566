import type { Labels } from '@grafana/data';
import { declaredLevel } from '../levels/labels';
import { levelNames, type Level } from '../levels/levels';
import type { LevelRule } from '../settings';

/** Grafana's names of levels (`LogLevel`), which decide the colour of a line. */
export type GrafanaLevel = 'critical' | 'error' | 'warning' | 'info' | 'debug' | 'trace' | 'unknown';

/** Colours of Grafana's own histogram (`LogLevelColor`). */
export const levelColors: Record<GrafanaLevel, string> = {
  critical: '#705da0',
  error: '#e24d42',
  warning: '#ffcc00',
  info: '#7eb26d',
  debug: '#1f78c1',
  trace: '#6ed0e0',
  unknown: '#8e8e8e',
};

/** Worst first: the order of the legend and of stacked bars, from the bottom. */
export const levelOrder: GrafanaLevel[] = ['critical', 'error', 'warning', 'info', 'debug', 'trace', 'unknown'];

const ownToGrafana: Record<Level, GrafanaLevel> = {
  unknown: 'unknown',
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
  critical: 'critical',
};

/** Words other programs use for levels, and syslog's numbers. */
const words = new Map<string, GrafanaLevel>([
  ...levelNames.map((name): [string, GrafanaLevel] => [name, ownToGrafana[name]]),
  ...entries('critical', 'emerg', 'emergency', 'fatal', 'alert', 'crit', 'panic', 'dpanic', '0', '1', '2', 'f'),
  ...entries('error', 'err', 'eror', 'severe', '3', 'e'),
  ...entries('warning', 'warning', 'wrn', '4', 'w'),
  ...entries('info', 'information', 'informational', 'notice', 'inf', '5', '6', 'i'),
  ...entries('debug', 'dbug', 'dbg', 'fine', '7', 'd'),
  ...entries('trace', 'trc', 'finer', 'finest', 'verbose', 't'),
]);

function entries(level: GrafanaLevel, ...names: string[]): Array<[string, GrafanaLevel]> {
  return names.map((name) => [name, level]);
}

/** Any word for a level as Grafana's; undefined when it is none. */
export function grafanaLevel(word: string | undefined): GrafanaLevel | undefined {
  return word === undefined ? undefined : words.get(word.trim().toLowerCase());
}

/** Finds the level of a line; see `levelFinder`. */
export type FindLevel = (line: string, labels: Labels) => GrafanaLevel;

/** `rules` of the data source first, then a label that says it, then the line itself, then the server's guess. */
export function levelFinder(rules: LevelRule[], detect: (line: string) => Level): FindLevel {
  const checks = rules.flatMap(({ level, label, regex }) => {
    const found = grafanaLevel(level);
    const pattern = ruleRegex(regex);
    // A rule that was added and never filled in says nothing of any line.
    return found && pattern && regex !== '' ? [(line: string, labels: Labels) => (pattern.test(label ? (labels[label] ?? '') : line) ? found : undefined)] : [];
  });
  return (line, labels) => {
    for (const check of checks) {
      const level = check(line, labels);
      if (level) {
        return level;
      }
    }
    const declared = declaredLevel((name) => labels[name]);
    const own = grafanaLevel(labels.__level__) ?? ownToGrafana[declared > 0 ? levelNames[declared] : detect(line)];
    return own !== 'unknown' ? own : (grafanaLevel(labels.detected_level) ?? 'unknown');
  };
}

/** The regular expression of a rule; undefined when it has a mistake. `(?i)` at its beginning, as the server writes flags, works here too. */
export function ruleRegex(regex: string): RegExp | undefined {
  const [head, flags] = /^\(\?([ims]+)\)/.exec(regex) ?? ['', ''];
  try {
    return new RegExp(regex.slice(head.length), flags);
  } catch {
    return undefined; // Shown as an error in the config editor; lines keep their detected level.
  }
}
