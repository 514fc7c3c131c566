import { quoteText } from './bytes';
import type { TargetInfo, TargetManager } from './targets/target';

/** Names and values come from files and servers: nothing of them may become markup. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>body{font-family:sans-serif;margin:1em}table{border-collapse:collapse}td,th{border:1px solid #aaa;padding:.3em .6em;text-align:left;vertical-align:top}code{white-space:pre-wrap}</style></head><body><nav><a href="targets">Targets</a> <a href="service-discovery">Service discovery</a> <a href="config">Config</a> <a href="metrics">Metrics</a></nav><h1>${title}</h1>${body}</body></html>\n`;

function labelsCell(labels: ReadonlyMap<string, string>): string {
  return `<code>${escape([...labels].map(([name, value]) => `${name}=${quoteText(value)}`).join('\n'))}</code>`;
}

function table(head: string[], rows: string[][]): string {
  const row = (cells: string[], tag: string) => `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

/** Targets with their labels and where reading stands. */
export function targetsPage(managers: readonly TargetManager[]): string {
  const rows = (target: TargetInfo) => [escape(target.type), target.ready ? 'true' : 'false', labelsCell(target.labels), labelsCell(target.details)];
  const body = managers.map((manager) => `<h2>${escape(manager.jobName)} (${manager.active.filter((target) => target.ready).length}/${manager.active.length} ready)</h2>${table(['Type', 'Ready', 'Labels', 'Details'], manager.active.map(rows))}`);
  return page('Targets', body.join(''));
}

/** What discovery found, with what relabelling made of it. */
export function discoveryPage(managers: readonly TargetManager[]): string {
  const rows = (target: TargetInfo) => [escape(target.type), labelsCell(target.discovered), labelsCell(target.labels)];
  const body = managers.map((manager) => `<h2>${escape(manager.jobName)}</h2>${table(['Type', 'Discovered labels', 'Target labels'], [...manager.active, ...manager.dropped].map(rows))}`);
  return page('Service Discovery', body.join(''));
}

export function configPage(text: string): string {
  return page('Config', `<pre>${escape(text)}</pre>`);
}
