import type { DataFrame, QueryHint } from '@grafana/data';
import { t } from '../i18n';
import { parsed } from '../query/kind';
import type { Query } from '../query/model';
import { logQueriesOf, type Stage } from '../logql';

/** Lines looked at to guess what would help. */
const sampleMax = 50;

/** Buttons under the query: what would make more of these lines. */
export function queryHints(query: Query, frames: DataFrame[]): QueryHint[] {
  const expr = parsed(query.expr);
  if (!expr || expr.kind !== 'log') {
    return [];
  }
  const frame = frames.find((one) => one.refId === query.refId || frames.length === 1);
  const lines = (frame?.fields.find((field) => field.name === 'body')?.values ?? []).slice(0, sampleMax) as string[];
  const labels = (frame?.fields.find((field) => field.name === 'labels')?.values ?? []).slice(0, sampleMax) as Array<Record<string, string>>;
  const stages = logQueriesOf(expr)[0].stages;
  if (lines.length === 0) {
    return [];
  }
  return [...parserHints(lines, stages), ...errorHints(labels), ...levelHints(labels), ...metricHint(stages)];
}

const parserKinds: ReadonlyArray<Stage['kind']> = ['json', 'logfmt', 'regexp', 'pattern', 'unpack'];

function parserHints(lines: string[], stages: Stage[]): QueryHint[] {
  if (stages.some((stage) => parserKinds.includes(stage.kind))) {
    return [];
  }
  const format = formatOf(lines);
  if (format === 'json') {
    return [
      lines.some(isPacked)
        ? hint('ADD_UNPACK_PARSER', t('hints.unpack', 'The lines were packed by Promtail:'), t('hints.unpackFix', 'unpack them'))
        : hint('ADD_JSON_PARSER', t('hints.json', 'The lines are JSON:'), t('hints.jsonFix', 'parse them with json')),
    ];
  }
  return format === 'logfmt' ? [hint('ADD_LOGFMT_PARSER', t('hints.logfmt', 'The lines are logfmt:'), t('hints.logfmtFix', 'parse them with logfmt'))] : [];
}

/** What most of the lines are written in. */
export function formatOf(lines: string[]): 'json' | 'logfmt' | 'text' {
  const share = (test: (line: string) => boolean) => lines.filter(test).length / Math.max(1, lines.length);
  if (share(isJson) > 0.5) {
    return 'json';
  }
  return share(isLogfmt) > 0.5 ? 'logfmt' : 'text';
}

function isJson(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false; // Not JSON is an answer.
  }
}

function isPacked(line: string): boolean {
  return line.includes('"_entry"');
}

/** Two pairs at least, and little that is not a pair: `a=b` alone occurs in any text. */
function isLogfmt(line: string): boolean {
  const pairs = line.match(/(?:^|\s)[A-Za-z_][\w.-]*=(?:"(?:\\.|[^"\\])*"|\S*)/g) ?? [];
  return pairs.length >= 2 && pairs.join('').length > line.length * 0.6;
}

function errorHints(labels: Array<Record<string, string>>): QueryHint[] {
  return labels.some((one) => one.__error__) ? [hint('ADD_NO_PIPELINE_ERROR', t('hints.errors', 'Some lines could not be parsed:'), t('hints.errorsFix', 'leave them out'))] : [];
}

/** Names that hold a level but are not called so: Grafana colours by `level`. */
const levelNames = ['lvl', 'loglevel', 'severity', 'log_level', 'levelname'];

function levelHints(labels: Array<Record<string, string>>): QueryHint[] {
  const name = levelNames.find((candidate) => labels.some((one) => one[candidate] !== undefined && one.level === undefined));
  return name ? [hint('ADD_LEVEL_LABEL_FORMAT', t('hints.level', 'The level is called {{name}}:', { name }), t('hints.levelFix', 'rename it to level'), { renameTo: 'level', originalLabel: name })] : [];
}

function metricHint(stages: Stage[]): QueryHint[] {
  return stages.length > 0 ? [] : [hint('ADD_RATE', t('hints.rate', 'For a graph,'), t('hints.rateFix', 'count the lines per second'))];
}

function hint(type: string, label: string, fix: string, options?: Record<string, string>): QueryHint {
  return { type, label, fix: { label: fix, action: { type, query: '', options } } };
}
