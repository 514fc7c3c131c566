import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** What the machines of the tests said and did in the hour before now: lines for Binocle, samples for Prometheus. */

export interface Stream {
  stream: Record<string, string>;
  values: Array<[string, string] | [string, string, Record<string, string>]>;
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
export function backfill(folder: string, nowMs: number): void {
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

/** nginx access and error log, applications with logfmt, JSON and structured metadata, all of one machine, and a second machine. */
export function anHourOfLogs(nowMs: number): Stream[] {
  const next = random(7);
  const pick = <T>(items: T[]): T => items[Math.floor(next() * items.length)];
  const ns = (ms: number) => `${Math.floor(ms)}${String(Math.floor(next() * 1e6)).padStart(6, '0')}`;
  const streams = { access: [] as Stream['values'], error: [] as Stream['values'], app: [] as Stream['values'], shop: [] as Stream['values'], other: [] as Stream['values'], api: [] as Stream['values'] };
  for (let ms = nowMs - 60 * minute; ms < nowMs - 1000; ms += (isTrouble(ms, nowMs) ? 500 : 1500) + next() * (isTrouble(ms, nowMs) ? 2000 : 5000)) {
    const status = next() < (isTrouble(ms, nowMs) ? 0.55 : 0.05) ? pick([404, 502, 502, 503]) : pick([200, 200, 200, 304]);
    const line = `10.0.${Math.floor(next() * 4)}.${1 + Math.floor(next() * 200)} - - [${new Date(ms).toISOString()}] "${pick(['GET', 'GET', 'GET', 'POST'])} /${pick(['', 'api/items', 'img/logo.png', 'login'])} HTTP/1.1" ${status} ${Math.floor(next() * 9000)} "-" "Mozilla/5.0 (X11; Linux x86_64)"`;
    streams.access.push([ns(ms), line]);
    if (status >= 500) {
      streams.error.push([ns(ms), `2026/11/22 10:00:00 [error] 812#812: *${Math.floor(next() * 9999)} connect() failed (111: Connection refused) while connecting to upstream`]);
    }
    streams.app.push([ns(ms), `level=${status >= 500 ? 'error' : 'info'} msg="handled request" status=${status} took=${Math.floor(next() * 900)}ms trace_id=${Math.floor(next() * 1e15).toString(16)}`]);
    streams.shop.push([ns(ms), JSON.stringify({ level: status >= 500 ? 'error' : 'info', msg: 'order placed', total: Math.floor(next() * 300), user: { id: Math.floor(next() * 50) } })]);
    streams.api.push([ns(ms), `${pick(['GET', 'PUT'])} /v1/orders answered ${status}`, { tenant: pick(['acme', 'acme', 'umbrella']), route: '/v1/orders' }]);
    streams.other.push([ns(ms), `web2 sshd[${Math.floor(next() * 9999)}]: Accepted publickey for deploy`]);
  }
  return [
    { stream: { job: 'nginxlogs', hostname: 'web1', filename: '/var/log/nginx/access.log' }, values: streams.access },
    { stream: { job: 'nginxlogs', hostname: 'web1', filename: '/var/log/nginx/error.log' }, values: streams.error },
    { stream: { job: 'app', hostname: 'web1', filename: '/var/log/app.log' }, values: streams.app },
    { stream: { job: 'shop', hostname: 'web1', filename: '/var/log/shop.json' }, values: streams.shop },
    { stream: { job: 'api', hostname: 'web1', filename: '/var/log/api.log' }, values: streams.api },
    { stream: { job: 'varlogs', hostname: 'web2', filename: '/var/log/auth.log' }, values: streams.other },
  ];
}
