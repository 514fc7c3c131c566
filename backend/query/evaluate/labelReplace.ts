import { RE2JS } from 're2js';
import type { LabelReplaceExpr } from '../../../src/logql/ast';
import { badRequest } from '../../model/errors';
import type { Labels } from '../../model/labels';
import { withLabels } from '../grouping';
import type { Table } from './table';

/**
 * `label_replace`: where the pattern matches the whole source label, the destination gets the replacement with `$1` and `${name}`
 * filled in; an empty text removes it, and labels with an empty value go with it, as in Loki. Where it does not match nothing changes.
 */
export function replaceLabel(expr: Pick<LabelReplaceExpr, 'dst' | 'replacement' | 'src' | 'regex'>, table: Table): Table {
  const pattern = compile(expr.regex);
  const rows = table.rows.map((row) => {
    const text = matchAndExpand(pattern, row.labels.get(expr.src) ?? '', expr.replacement);
    return text === undefined ? row : { ...row, labels: setLabel(row.labels, expr.dst, text) };
  });
  return { steps: table.steps, rows };
}

function setLabel(labels: Labels, name: string, value: string): Labels {
  const empty = [...labels].filter((label) => label[1] === '');
  return withLabels(labels, new Map([...empty, [name, value]]));
}

function compile(regex: string): RE2JS {
  try {
    return RE2JS.compile(`^(?:${regex})$`);
  } catch (error) {
    throw badRequest(`invalid regex in label_replace: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function matchAndExpand(pattern: RE2JS, text: string, replacement: string): string | undefined {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) {
    return undefined;
  }
  // Go's Regexp.Expand: $name takes as many word characters as there are, an unknown or unmatched group is empty, $$ is a dollar.
  return replacement.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) {
      return '$';
    }
    if (/^\d+$/.test(name)) {
      return Number(name) <= pattern.groupCount() ? (matcher.group(Number(name)) ?? '') : '';
    }
    return Object.hasOwn(pattern.namedGroups(), name) ? (matcher.group(name) ?? '') : '';
  });
}
