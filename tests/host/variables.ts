import type { ScopedVars } from '@grafana/data';

/** Variables of the dashboard page by name; a page of Explore has none. */
const variables = new Map<string, string[]>();

export function setVariable(name: string, values: string[]): void {
  variables.set(name, values);
}

type Format = (value: string | string[], variable: { multi: boolean }) => string;

/** Grafana's template service: variables of the dashboard, and those that come with a request such as `$__interval`. */
export const templateSrv = {
  getVariables: () => [...variables].map(([name, current]) => ({ name, type: 'query', multi: true, current: { value: current } })),
  getAdhocFilters: () => [],
  containsTemplate: (text?: string) => /\$\w|\[\[/.test(text ?? ''),
  updateTimeRange: () => undefined,
  replace: (text = '', scoped: ScopedVars = {}, format?: unknown) =>
    text.replace(/\$(\w+)|\[\[(\w+)\]\]|\$\{(\w+)(?::\w+)?\}/g, (whole, a, b, c) => {
      const name = a ?? b ?? c;
      const value: string | string[] | undefined = scoped[name]?.value ?? variables.get(name);
      return value === undefined ? whole : typeof format === 'function' ? (format as Format)(value, { multi: variables.has(name) }) : String(value);
    }),
};
