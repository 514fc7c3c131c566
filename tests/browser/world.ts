import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Everything on one machine: Binocle with logs of an hour, a real Prometheus with a real node exporter and an hour of history. */
export interface World {
  base: string;
  /** A page without errors so far; `errors` collects what a visitor's console would show. */
  open(address: string): Promise<{ page: Page; errors: string[] }>;
  push(streams: Stream[]): Promise<void>;
  close(): Promise<void>;
}

export interface Stream {
  stream: Record<string, string>;
  values: Array<[string, string]>;
}

const root = path.resolve(__dirname, '../..');
const chromiumPath = '/usr/bin/chromium';
const chromiumFlags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const startMsMax = 30_000;

export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'binocle-browser-'));
  const children: ChildProcess[] = [];
  const run = (command: string, args: string[]) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.resume();
    children.push(child);
  };
  const [exporterPort, prometheusPort, port] = [await freePort(), await freePort(), await freePort()];
  const prometheus = `http://127.0.0.1:${prometheusPort}`;
  run('/usr/bin/prometheus-node-exporter', [`--web.listen-address=127.0.0.1:${exporterPort}`]);
  writeFileSync(path.join(folder, 'prometheus.yml'), prometheusConfig(exporterPort));
  backfill(folder, Date.now());
  run('/usr/bin/prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/prometheus`, `--web.listen-address=127.0.0.1:${prometheusPort}`]);
  run(process.execPath, ['backend/dist/main.js', 'serve', '--port', String(port), '--host', '127.0.0.1', '--data', path.join(folder, 'data'), '--prometheus', prometheus]);
  const base = `http://127.0.0.1:${port}`;
  await Promise.all([answers(`${base}/ready`), answers(`${prometheus}/-/ready`)]);
  await scraped(prometheus);
  const push = (streams: Stream[]) => pushLogs(base, streams);
  await push(anHourOfLogs(Date.now()));
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  return {
    base,
    push,
    open: (address) => openPage(browser, base + address),
    close: async () => {
      await browser.close();
      await Promise.all(children.map(stop));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Until a server says yes. */
async function answers(url: string): Promise<void> {
  const until = Date.now() + startMsMax;
  for (;;) {
    const ok = await fetch(url).then((response) => response.ok, () => false);
    if (ok) {
      return;
    }
    if (Date.now() > until) {
      throw new Error(`${url} did not answer in ${startMsMax} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Until the node exporter was asked once. */
async function scraped(prometheus: string): Promise<void> {
  const until = Date.now() + startMsMax;
  for (;;) {
    const response = await fetch(`${prometheus}/api/v1/query?query=node_uname_info`);
    const { data } = (await response.json()) as { data: { result: unknown[] } };
    if (data.result.length > 0) {
      return;
    }
    if (Date.now() > until) {
      throw new Error('Prometheus did not scrape the node exporter');
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
}

async function openPage(browser: Browser, url: string): Promise<{ page: Page; errors: string[] }> {
  const errors: string[] = [];
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  page.on('pageerror', (error) => errors.push(`page error: ${error.stack ?? error.message}`));
  page.on('console', (message) => message.type() === 'error' && errors.push(`console: ${message.text()} ${message.location().url}`));
  await page.goto(url);
  return { page, errors };
}

async function pushLogs(base: string, streams: Stream[]): Promise<void> {
  const response = await fetch(`${base}/loki/api/v1/push`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ streams }) });
  if (response.status !== 204) {
    throw new Error(`push was answered with ${response.status}: ${await response.text()}`);
  }
}

function prometheusConfig(exporterPort: number): string {
  return `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: node
    static_configs: [{ targets: ['127.0.0.1:${exporterPort}'] }]
    relabel_configs: [{ target_label: instance, replacement: 'web1:9100' }]
`;
}

/** The hour before now has times of trouble: errors in the logs, load on the machine. Minutes before now. */
const troubles = [{ from: 55, to: 53 }, { from: 47, to: 43 }, { from: 38, to: 36 }, { from: 26, to: 19 }, { from: 9, to: 6 }];
const minute = 60_000;

function isTrouble(ms: number, nowMs: number): boolean {
  return troubles.some(({ from, to }) => ms > nowMs - from * minute && ms < nowMs - to * minute);
}

/** Random numbers that are the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

/** An hour of metrics for Prometheus, written as its own tool writes them; the real node exporter takes over from now on. */
function backfill(folder: string, nowMs: number): void {
  const next = random(3);
  const lines: Record<string, string[]> = { node_load1: [], node_memory_MemAvailable_bytes: [], node_disk_io_time_seconds_total: [] };
  let load = 0.6;
  let io = 100;
  for (let ms = nowMs - 90 * minute; ms < nowMs - 20_000; ms += 15_000) {
    const busy = isTrouble(ms + 30_000, nowMs);
    load += ((busy ? 7 : 0.6) - load) * 0.3 + (next() - 0.5) * 0.2;
    io += 3 * next();
    const labels = (device = '') => `{instance="web1:9100",job="node"${device}}`;
    const at = (ms / 1000).toFixed(3);
    lines.node_load1.push(`node_load1${labels()} ${Math.max(0, load).toFixed(3)} ${at}`);
    lines.node_memory_MemAvailable_bytes.push(`node_memory_MemAvailable_bytes${labels()} ${Math.round(4e9 + next() * 3e8)} ${at}`);
    lines.node_disk_io_time_seconds_total.push(`node_disk_io_time_seconds_total${labels(',device="sda"')} ${io.toFixed(3)} ${at}`);
  }
  const types: Record<string, string> = { node_disk_io_time_seconds_total: 'counter' };
  const text = Object.entries(lines).map(([name, samples]) => `# TYPE ${name.replace(/_total$/, '')} ${types[name] ?? 'gauge'}\n${samples.join('\n')}\n`);
  const file = path.join(folder, 'history.txt');
  writeFileSync(file, `${text.join('')}# EOF\n`);
  const done = spawnSync('/usr/bin/promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, path.join(folder, 'prometheus')], { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`promtool could not write the history: ${done.stderr}${done.stdout}`);
  }
}

/** nginx access and error log, an application with logfmt and one with JSON, all of one machine, and a second machine. */
function anHourOfLogs(nowMs: number): Stream[] {
  const next = random(7);
  const pick = <T>(items: T[]): T => items[Math.floor(next() * items.length)];
  const ns = (ms: number) => `${Math.floor(ms)}${String(Math.floor(next() * 1e6)).padStart(6, '0')}`;
  const streams = { access: [] as Stream['values'], error: [] as Stream['values'], app: [] as Stream['values'], shop: [] as Stream['values'], other: [] as Stream['values'] };
  for (let ms = nowMs - 60 * minute; ms < nowMs - 1000; ms += (isTrouble(ms, nowMs) ? 500 : 1500) + next() * (isTrouble(ms, nowMs) ? 2000 : 5000)) {
    const status = next() < (isTrouble(ms, nowMs) ? 0.55 : 0.05) ? pick([404, 502, 502, 503]) : pick([200, 200, 200, 304]);
    const line = `10.0.${Math.floor(next() * 4)}.${1 + Math.floor(next() * 200)} - - [${new Date(ms).toISOString()}] "${pick(['GET', 'GET', 'GET', 'POST'])} /${pick(['', 'api/items', 'img/logo.png', 'login'])} HTTP/1.1" ${status} ${Math.floor(next() * 9000)} "-" "Mozilla/5.0 (X11; Linux x86_64)"`;
    streams.access.push([ns(ms), line]);
    if (status >= 500) {
      streams.error.push([ns(ms), `2026/11/22 10:00:00 [error] 812#812: *${Math.floor(next() * 9999)} connect() failed (111: Connection refused) while connecting to upstream`]);
    }
    streams.app.push([ns(ms), `level=${status >= 500 ? 'error' : 'info'} msg="handled request" status=${status} took=${Math.floor(next() * 900)}ms trace_id=${Math.floor(next() * 1e15).toString(16)}`]);
    streams.shop.push([ns(ms), JSON.stringify({ level: status >= 500 ? 'error' : 'info', msg: 'order placed', total: Math.floor(next() * 300), user: { id: Math.floor(next() * 50) } })]);
    streams.other.push([ns(ms), `web2 sshd[${Math.floor(next() * 9999)}]: Accepted publickey for deploy`]);
  }
  return [
    { stream: { job: 'nginxlogs', hostname: 'web1', filename: '/var/log/nginx/access.log' }, values: streams.access },
    { stream: { job: 'nginxlogs', hostname: 'web1', filename: '/var/log/nginx/error.log' }, values: streams.error },
    { stream: { job: 'app', hostname: 'web1', filename: '/var/log/app.log' }, values: streams.app },
    { stream: { job: 'shop', hostname: 'web1', filename: '/var/log/shop.json' }, values: streams.shop },
    { stream: { job: 'varlogs', hostname: 'web2', filename: '/var/log/auth.log' }, values: streams.other },
  ];
}

/** An address of the page: the queries of one or two panes as Grafana's Explore writes them. */
export function address(left: Record<string, unknown>, right?: Record<string, unknown>, more: Record<string, string> = {}): string {
  const range = { from: 'now-1h', to: 'now' };
  const pane = (datasource: string, query: Record<string, unknown>) => ({ datasource, queries: [{ refId: 'A', ...query }], range });
  const panes = { left: pane('binocle', left), ...(right && { right: pane('prometheus', right) }) };
  return `/explore/?${new URLSearchParams({ panes: JSON.stringify(panes), ...more })}`;
}

/** Where pictures go when `SCREENSHOTS` names a folder: to be looked at, and for the documents. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}
