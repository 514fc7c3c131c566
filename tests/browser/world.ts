import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { anHourOfLogs, backfill, type Stream } from './history';

/** Everything on one machine: Binocle with logs of an hour, a real Prometheus with a real node exporter and an hour of history. */
export interface World {
  /** Address of Binocle, which also serves the page. */
  base: string;
  browser: Browser;
  push(streams: Stream[]): Promise<void>;
  /** A time so many minutes before the end of the history, for addresses: a slow run does not move it. */
  minutesBack(minutes: number): string;
  close(): Promise<void>;
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
  const nowMs = Date.now();
  backfill(folder, nowMs);
  run('/usr/bin/prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/prometheus`, `--web.listen-address=127.0.0.1:${prometheusPort}`]);
  // The page with the libraries of another Grafana; `npm run compat` sets this.
  const page = process.env.EXPLORE_PAGE ? ['--explore-dir', process.env.EXPLORE_PAGE] : [];
  run(process.execPath, ['backend/dist/main.js', 'serve', ...page, '--port', String(port), '--host', '127.0.0.1', '--data', path.join(folder, 'data'), '--prometheus', prometheus]);
  const base = `http://127.0.0.1:${port}`;
  await Promise.all([answers(`${base}/ready`), answers(`${prometheus}/-/ready`)]);
  await scraped(prometheus);
  const push = (streams: Stream[]) => pushLogs(base, streams);
  await push(anHourOfLogs(nowMs));
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  return {
    base,
    browser,
    push,
    minutesBack: (minutes) => String(nowMs - minutes * 60_000),
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
