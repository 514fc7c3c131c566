import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseFlags } from '../config/flags';

/** What one run measured. CPU and memory are those of the agent's process alone. */
export interface AgentBenchResult {
  name: string;
  lines: number;
  bytes: number;
  seconds: number;
  cpuSeconds: number;
  peakMegabytes: number;
}

const stagesOfTheBench = `
    pipeline_stages:
      - regex: {expression: '^(?P<ip>\\S+) \\S+ \\S+ \\[(?P<time>[^\\]]+)\\] "(?P<method>\\S+) (?P<path>\\S+) [^"]*" (?P<status>\\d+)'}
      - timestamp: {source: time, format: '02/Jan/2006:15:04:05 -0700'}
      - labels: {method: , status: }
`;

/** A sink in a process of its own: takes pushes and acknowledges them. */
const sink = `require('http').createServer((q, s) => { q.resume(); q.on('end', () => s.writeHead(q.method === 'POST' ? 204 : 404).end()); }).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('ready'));`;

/**
 * `binocle bench agent [--lines N]`: a file of access log lines, from the file to acknowledged, without stages and with three. The agent runs as
 * its own process; its CPU time and peak memory come from /proc.
 */
export async function runAgentBench(args: string[]): Promise<number> {
  const lines = Number(parseFlags(args, new Set()).values.get('lines') ?? 1_000_000);
  const directory = mkdtempSync(path.join(tmpdir(), 'binocle-bench-agent-'));
  try {
    const bytes = writeLog(path.join(directory, 'access.log'), lines);
    for (const [name, stages] of [['no stages', ''], ['regex, timestamp, labels', stagesOfTheBench]] as const) {
      show(await measure(name, stages, directory, lines, bytes));
    }
    return 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function show(result: AgentBenchResult): void {
  const perCpu = Math.round(result.lines / result.cpuSeconds);
  process.stdout.write(
    `agent, ${result.name}: ${result.lines} lines (${(result.bytes / 1e6).toFixed(0)} MB) in ${result.seconds.toFixed(1)} s, ` +
      `${result.cpuSeconds.toFixed(1)} CPU s, ${perCpu.toLocaleString('en')} lines per CPU second, peak ${result.peakMegabytes.toFixed(0)} MB\n`
  );
}

const methods = ['GET', 'GET', 'GET', 'POST', 'PUT'];
const statuses = [200, 200, 200, 304, 404, 500];

function writeLog(file: string, lines: number): number {
  const fd = openSync(file, 'w');
  let bytes = 0;
  for (let i = 0; i < lines; ) {
    let text = '';
    for (const end = Math.min(lines, i + 10_000); i < end; i++) {
      const time = new Date(1_700_000_000_000 + i * 40).toISOString();
      const stamp = `${time.slice(8, 10)}/Nov/${time.slice(0, 4)}:${time.slice(11, 19)} +0000`;
      text += `10.${i % 250}.${(i * 7) % 250}.${(i * 13) % 250} - - [${stamp}] "${methods[i % methods.length]} /api/v1/items/${(i * 7_919) % 100_000}?page=${i % 50} HTTP/1.1" ${statuses[i % statuses.length]} ${(i * 31) % 50_000} "-" "Mozilla/5.0 (X11; Linux x86_64) ${i}"\n`;
    }
    bytes += writeSync(fd, text);
  }
  closeSync(fd);
  return bytes;
}

async function measure(name: string, stages: string, directory: string, lines: number, bytes: number): Promise<AgentBenchResult> {
  const [sinkPort, port] = [await freePort(), await freePort()];
  const config = path.join(directory, 'agent.yaml');
  const positions = path.join(directory, `positions-${port}.yaml`);
  writeFileSync(
    config,
    `server: {http_listen_address: 127.0.0.1, http_listen_port: ${port}}\npositions: {filename: ${positions}}\nclients: [{url: "http://127.0.0.1:${sinkPort}/loki/api/v1/push"}]\nscrape_configs:\n  - job_name: bench\n    static_configs: [{labels: {job: bench, __path__: ${directory}/access.log}}]${stages}`
  );
  const server = spawn(process.execPath, ['-e', sink, String(sinkPort)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => server.stdout.once('data', resolve));
  const startMs = performance.now();
  const agent = spawn(process.execPath, [...process.execArgv, process.argv[1], 'agent', `-config.file=${config}`], { stdio: 'ignore' });
  try {
    await sent(port, lines);
    const seconds = (performance.now() - startMs) / 1_000;
    return { name, lines, bytes, seconds, ...usage(agent.pid!) };
  } finally {
    agent.kill('SIGTERM');
    await new Promise((resolve) => agent.once('close', resolve));
    server.kill();
  }
}

/** Waits until the agent says that all entries were sent. */
async function sent(port: number, lines: number): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      (response) => response.text(),
      // It does not listen yet.
      () => ''
    );
    if (Number(/^promtail_sent_entries_total\{[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0) >= lines) {
      return;
    }
  }
}

/** Kernel ticks per second in /proc; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

function usage(pid: number): { cpuSeconds: number; peakMegabytes: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  const peakKilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN);
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, peakMegabytes: peakKilobytes / 1_024 };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
