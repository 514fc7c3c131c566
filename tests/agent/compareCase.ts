import { parse } from 'yaml';
import type { Case, OutEntry, Text } from './promtailCases';
import type { Pushed } from './pushServer';
import type { Observed } from './runCase';

/** Differences between what was recorded and what happened; empty when they agree. */
export function compare(test: Case, observed: Observed): string[] {
  const { out } = test;
  const problems: string[] = [];
  if (test.kind === 'check') {
    return compareCheck(test, observed);
  }
  if (test.kind === 'stdout') {
    return compareStdout(test, observed);
  }
  problems.push(...compareEntries(test, observed));
  if (out.metrics) {
    problems.push(...compareMetrics(out.metrics, observed));
  }
  out.positions?.forEach((text, i) => {
    const wanted = positionsOf(observed.fill(text));
    const got = positionsOf(observed.positions[i] ?? '');
    if (wanted !== got) {
      problems.push(`positions ${i}: wanted ${wanted}, got ${got}`);
    }
  });
  if (out.statuses && JSON.stringify(out.statuses) !== JSON.stringify(observed.statuses)) {
    problems.push(`statuses: wanted ${out.statuses.join()}, got ${observed.statuses.join()}`);
  }
  problems.push(...compareRequests(test, observed), ...compareHttp(test, observed));
  for (const text of out.logged ?? []) {
    if (!observed.output.includes(text)) {
      problems.push(`not logged: ${text}`);
    }
  }
  return problems;
}

function compareCheck(test: Case, observed: Observed): string[] {
  const refused = test.out.exit !== null;
  const didRefuse = observed.exit !== null;
  return refused === didRefuse ? [] : [`wanted ${refused ? 'refused' : 'accepted'}, got ${didRefuse ? `refused: ${observed.output}` : 'accepted'}`];
}

function compareStdout(test: Case, observed: Observed): string[] {
  const problems: string[] = [];
  if (test.out.exit !== observed.exit) {
    problems.push(`exit: wanted ${test.out.exit}, got ${observed.exit}`);
  }
  const keep = new RegExp(test.keep ?? '.');
  // Whether a column ends with a tab depends on the length of the directory's name.
  const tidy = (text: string) => text.replaceAll('\t', '').replace(/\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4}/g, '@TIME@').replaceAll(/\x1b\[[\d;]*m/g, '');
  const got = tidy(observed.output.split('\n').filter((line) => keep.test(line)).join('\n'));
  const wanted = tidy(observed.fill(test.out.stdout ?? ''));
  if (test.args?.includes('-check-syntax') ? !got.includes(wanted) : got.replace(/^level=.*\n/gm, '') !== wanted) {
    problems.push(`output: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  }
  return problems;
}

function compareEntries(test: Case, observed: Observed): string[] {
  const wanted = groups((test.out.entries ?? []).map((entry) => [groupOfRecorded(entry, observed), recordedText(entry, observed)]));
  const got = groups(observed.entries.map((entry) => [groupOfPushed(entry, observed, test), pushedText(entry, test, observed)]));
  const problems: string[] = [];
  for (const key of new Set([...wanted.keys(), ...got.keys()])) {
    const [a, b] = [wanted.get(key) ?? [], got.get(key) ?? []].map((texts) => (test.anyOrder ? [...texts].sort() : texts));
    if (a.length !== b.length || !a.every((text, i) => same(text, b[i]))) {
      problems.push(`${key}\n      wanted ${a.join(' | ')}\n      got    ${b.join(' | ')}`);
    }
  }
  return problems;
}

/** "now" in a recorded entry stands for any time of the run. */
function same(wanted: string, got: string): boolean {
  return wanted === got || (wanted.startsWith('now ') && got.startsWith('now') && wanted.slice(4) === got.slice(got.indexOf(' ') + 1));
}

function groups(pairs: Array<[string, string]>): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [key, text] of pairs) {
    map.set(key, [...(map.get(key) ?? []), text]);
  }
  return map;
}

function groupOfRecorded(entry: OutEntry, observed: Observed): string {
  return observed.fill(JSON.stringify([entry.tenant ?? null, entry.to ?? null, Object.entries(entry.labels).sort()]));
}

function groupOfPushed(entry: Pushed, observed: Observed, test: Case): string {
  const main = test.out.entries?.some((recorded) => recorded.to === entry.path) ? entry.path : null;
  return JSON.stringify([entry.tenant ?? null, main, Object.entries(parseLabels(entry.labels)).sort()]).replaceAll('\\u0000', '');
}

function recordedText(entry: OutEntry, observed: Observed): string {
  const ts = entry.ts.startsWith('YEAR') ? String(BigInt(Date.parse(entry.ts.replace('YEAR', String(new Date().getUTCFullYear())).replace(/(\.\d{3})\d*Z/, '$1Z'))) * 1_000_000n + BigInt(entry.ts.slice(-7, -1))) : entry.ts;
  return `${ts} ${lineText(entry.line, observed)} ${JSON.stringify(entry.meta ?? [])}${entry.run ? ` run ${entry.run}` : ''}`;
}

function pushedText(entry: Pushed & { run: number }, test: Case, observed: Observed): string {
  const ms = Number(entry.tsNs / 1_000_000n);
  const isNow = ms >= observed.startMs - 1 && ms <= observed.endMs;
  const line = isValid(entry.line) ? entry.line.toString('utf8') : `b64 ${entry.line.toString('base64')}`;
  const runs = test.out.entries?.some((recorded) => recorded.run);
  return `${isNow ? 'now' : String(entry.tsNs)} ${line} ${JSON.stringify(entry.metadata)}${runs ? ` run ${entry.run}` : ''}`;
}

function lineText(line: Text, observed: Observed): string {
  return typeof line === 'string' ? observed.fill(line) : `b64 ${line.b64}`;
}

function isValid(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
}

/** `{a="b", c="d"}` with values as Go quotes them. */
export function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*")/g)) {
    labels[name] = JSON.parse(value.replace(/\\x([0-9a-f]{2})/g, '\\u00$1').replace(/\\a/g, '\\u0007').replace(/\\v/g, '\\u000b').replace(/\\U0([0-9a-f]{7})/g, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))) as string;
  }
  return labels;
}

function compareMetrics(recorded: string[] | string[][], observed: Observed): string[] {
  const lists = (recorded.length > 0 && Array.isArray(recorded[0]) ? recorded : [recorded]) as string[][];
  return lists.flatMap((list, i) => {
    const wanted = list.map((line) => observed.fill(line)).sort();
    const got = observed.metrics[i] ?? [];
    const agree = wanted.length === got.length && wanted.every((line, j) => sameMetric(line, got[j]));
    return agree ? [] : [`metrics ${i}: wanted\n      ${wanted.join('\n      ')}\n    got\n      ${got.join('\n      ')}`];
  });
}

function sameMetric(a: string, b: string): boolean {
  if (a === b) {
    return true;
  }
  const [, nameA, valueA] = /^(.*) (\S*)$/.exec(a) ?? [];
  const [, nameB, valueB] = /^(.*) (\S*)$/.exec(b) ?? [];
  return nameA === nameB && Math.abs(Number(valueA) - Number(valueB)) <= 1e-9 * Math.abs(Number(valueA));
}

function positionsOf(text: string): string {
  const positions = ((parse(text, { schema: 'failsafe' }) as { positions?: Record<string, unknown> } | null)?.positions ?? {}) as Record<string, unknown>;
  return JSON.stringify(Object.entries(positions).map(([key, value]) => [key, String(value)]).sort());
}

function compareRequests(test: Case, observed: Observed): string[] {
  return (test.out.requests ?? []).flatMap((wanted, i) => {
    const got = observed.requests[i];
    const problems: string[] = [];
    for (const [key, value] of Object.entries(wanted)) {
      const header = key === 'contentType' ? 'content-type' : key;
      const actual = key === 'method' ? got?.method : key === 'path' ? got?.path : key === 'streams' ? got?.streams : got?.headers[header];
      if (JSON.stringify(actual) !== JSON.stringify(value)) {
        problems.push(`request ${i} ${key}: wanted ${JSON.stringify(value)}, got ${JSON.stringify(actual)}`);
      }
    }
    return problems;
  });
}

function compareHttp(test: Case, observed: Observed): string[] {
  return (test.out.http ?? []).flatMap((wanted, i) => {
    const got = observed.http[i];
    const head = (text: string | undefined) => (text ?? '').split(/\s+/).slice(0, 3).join(' ');
    const agree = got?.status === wanted.status && (wanted.status >= 400 && wanted.path.startsWith('http') ? true : head(got.body) === head(wanted.body)) && got.location === wanted.location;
    return agree ? [] : [`http ${wanted.path}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`];
  });
}
