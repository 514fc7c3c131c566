/**
 * The rules by which a log label's value and a metric label's value are found to be the same. A rule turns a value of either side into
 * a key; values with equal keys meet. Case does not matter to a meeting; a pair says when it differs.
 */

export type Rule = 'equal' | 'without-port' | 'short-host' | 'regex';

/** On which side a rule has something to take off. The other side's values are keys already. */
export type Side = 'log' | 'metric' | 'both';

/** One line of a label map, as it is stored in `jsonData.correlation`. */
export interface LabelPair {
  log: string;
  metric: string;
  rule: Rule;
  /**
   * For `regex`: a pattern, anchored at both ends, in the syntax that RE2 and JavaScript share, and what it becomes (`$1`).
   * A value that does not match stays as it is.
   */
  pattern?: string;
  replacement?: string;
  /** Which side the rule rewrites; `metric` when left out. */
  side?: Side;
  /** The values differ in upper and lower case. */
  ignoreCase?: boolean;
}

/** A rule made ready: `key` gives the same text (but for case) for values that mean the same. */
export interface Form {
  rule: Rule;
  pattern?: string;
  replacement?: string;
  /** What the rule may be wrong about, in the units of a pair's evidence; 0 for the plain ones. */
  doubt: number;
  /** Only for labels that name hosts (or whose name says nothing). */
  hostsOnly: boolean;
  /** Several values of one side may become one key on purpose (pods of a deployment). */
  gathers: boolean;
  key(value: string): string;
}

const portAtEnd = /^(.+):\d{1,5}$/;
const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** `web1:9100` to `web1`, `[::1]:9100` to `::1`; a bare IPv6 address has no port. */
export function withoutPort(value: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(value);
  if (bracketed) {
    return bracketed[1];
  }
  const host = portAtEnd.exec(value)?.[1];
  return host === undefined || host.includes(':') ? value : host;
}

export function isAddress(host: string): boolean {
  return ipv4.test(host) || host.includes(':');
}

/** `web1.example.com:9100` to `web1`. Addresses and what is no host name stay whole. */
export function shortHost(value: string): string {
  const host = withoutPort(value).replace(/\.$/, '');
  return isAddress(host) || !/^[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_-]+)+$/i.test(host) ? host : host.slice(0, host.indexOf('.'));
}

/** Whether two hosts that share their first part can be one: one of them is short, or the start of the other. */
export function hostsAgree(a: string, b: string): boolean {
  const x = withoutPort(a).toLowerCase().replace(/\.$/, '');
  const y = withoutPort(b).toLowerCase().replace(/\.$/, '');
  return x === y || x.startsWith(`${y}.`) || y.startsWith(`${x}.`);
}

/** A pattern made ready. `exec` answers the groups of its match, by number. */
interface Compiled {
  exec(value: string): ReadonlyArray<string | undefined> | null | undefined;
}

/** Makes a pattern ready that has to cover a whole value. Throws an Error with the engine's words when it is none. */
export type CompilePattern = (pattern: string) => Compiled;

/** Rewrites a value by an anchored pattern; unchanged when it does not match. */
export function rewrite(value: string, pattern: Compiled, replacement: string): string {
  const match = pattern.exec(value);
  return match ? replacement.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '') : value;
}

/** JavaScript's own engine, for patterns of people who may choose how long it takes. */
export const anchored: CompilePattern = (pattern) => new RegExp(`^(?:${pattern})$`);

interface RegexFormOptions {
  hostsOnly?: boolean;
  gathers?: boolean;
  compile?: CompilePattern;
}

export function regexForm(pattern: string, replacement: string, doubt: number, options: RegexFormOptions = {}): Form {
  const compiled = (options.compile ?? anchored)(pattern);
  return {
    rule: 'regex', pattern, replacement, doubt, hostsOnly: options.hostsOnly ?? false, gathers: options.gathers ?? false,
    key: (value) => rewrite(value, compiled, replacement),
  };
}

export const equalForm: Form = { rule: 'equal', doubt: 0, hostsOnly: false, gathers: false, key: (value) => value };

/** Simplest first: a later rule is only taken when it makes more values meet. */
export const forms: readonly Form[] = [
  equalForm,
  { rule: 'without-port', doubt: 0, hostsOnly: true, gathers: false, key: (value) => withoutPort(value).replace(/\.$/, '') },
  { rule: 'short-host', doubt: 0.2, hostsOnly: true, gathers: false, key: shortHost },
  // Docker's own name of a container begins with a slash.
  regexForm('/([^/]+)', '$1', 0.3),
  // What a probe or a proxy was pointed at: the host of a URL.
  regexForm('[a-z][a-z0-9+.-]*://(?:[^/@]*@)?([^/:?#]+)(?::[0-9]+)?(?:[/?#].*)?', '$1', 0.5, { hostsOnly: true }),
  regexForm('[a-z][a-z0-9+.-]*://([a-zA-Z][^/.:?#]*)(?:[.:/?#].*)?', '$1', 1, { hostsOnly: true }),
  // EC2 and friends name a machine after its address.
  regexForm('(?:ip-)?([0-9]{1,3})[-.]([0-9]{1,3})[-.]([0-9]{1,3})[-.]([0-9]{1,3})(?:\\.[a-z][a-z0-9.-]*)?(?::[0-9]+)?', '$1.$2.$3.$4', 0.5, { hostsOnly: true }),
  // systemd units, alone or at the end of a cgroup path.
  regexForm('(?:.*/)?([^/]+)\\.(?:service|scope|socket|timer|mount|slice)', '$1', 0.4),
  // The last part of a path: a cgroup, or Loki's and Promtail's job of namespace/app.
  regexForm('.*/([^/]+)', '$1', 0.6),
  // Container ids: whole or the first twelve digits, with a runtime before them or a cgroup around them.
  regexForm('(?:.*[/:-])?([0-9a-f]{12})(?:[0-9a-f]{52})?(?:\\.scope)?', '$1', 0.4),
  // Pods to what runs them: Deployment, DaemonSet, StatefulSet.
  regexForm('(.+?)(?:-[a-z0-9]{6,10})?-[a-z0-9]{5}', '$1', 0.5, { gathers: true }),
  regexForm('(.+)-[0-9]+', '$1', 0.7, { gathers: true }),
  // Docker Swarm: service.slot.task; Compose: project-service-number.
  regexForm('(.+)\\.[0-9]+\\.[a-z0-9]{20,}', '$1', 0.5, { gathers: true }),
  regexForm('/?[a-z0-9]+[-_](.+)[-_][0-9]+', '$1', 0.7, { gathers: true }),
];

/** The form of a stored pair. Throws what `compile` throws for a pattern that is none. */
export function formOf(pair: LabelPair, compile = anchored): Form {
  return pair.rule === 'regex' ? regexForm(pair.pattern ?? '(.*)', pair.replacement ?? '$1', 0, { compile }) : (forms.find((form) => form.rule === pair.rule) ?? equalForm);
}
