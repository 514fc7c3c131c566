import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Real programs for tests: started on free ports, stopped with their test. */

export const prometheusBinary = '/usr/bin/prometheus';
export const nodeExporterBinary = '/usr/bin/prometheus-node-exporter';
export const missing = [prometheusBinary, nodeExporterBinary].find((file) => !existsSync(file));

export interface Running {
  url: string;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Polls until `probe` answers something, for at most `seconds`. */
export async function until<T>(what: string, probe: () => Promise<T | undefined>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last = '';
  while (Date.now() < end) {
    try {
      const found = await probe();
      if (found !== undefined) {
        return found;
      }
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not happen within ${seconds} s ${last}`);
}

async function start(file: string, words: string[], url: string, ready: string, cleanup: () => Promise<void> = async () => undefined): Promise<Running> {
  const child: ChildProcess = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => (said = (said + String(data)).slice(-4000)));
  }
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await cleanup();
  };
  try {
    await until(`${file} at ${url}`, async () => {
      if (child.exitCode !== null) {
        throw new Error(`it left with ${child.exitCode}: ${said}`);
      }
      return (await fetch(url + ready)).ok || undefined;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

export async function startNodeExporter(): Promise<Running & { address: string }> {
  const address = `127.0.0.1:${await freePort()}`;
  return { ...(await start(nodeExporterBinary, [`--web.listen-address=${address}`], `http://${address}`, '/metrics')), address };
}

/**
 * A Prometheus that scrapes each address every second and calls it by the given instance.
 * @param history samples of the past in OpenMetrics' text form, as if it had been running for longer.
 */
export async function startPrometheus(targets: Array<{ job: string; address: string; instance: string }>, history?: string): Promise<Running> {
  const folder = await mkdtemp(path.join(tmpdir(), 'binocle-prometheus-'));
  if (history !== undefined) {
    await writeFile(path.join(folder, 'history'), history);
    const done = spawnSync('/usr/bin/promtool', ['tsdb', 'create-blocks-from', 'openmetrics', `${folder}/history`, `${folder}/data`], { encoding: 'utf8' });
    if (done.status !== 0) {
      throw new Error(`promtool: ${done.stderr}`);
    }
  }
  const configuration = {
    global: { scrape_interval: '1s' },
    scrape_configs: targets.map(({ job, address, instance }, i) => ({
      job_name: `${job}-${i}`,
      static_configs: [{ targets: [address], labels: { instance } }],
      relabel_configs: [{ target_label: 'job', replacement: job }],
    })),
  };
  // JSON is YAML.
  await writeFile(path.join(folder, 'prometheus.yml'), JSON.stringify(configuration));
  const address = `127.0.0.1:${await freePort()}`;
  const words = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`, '--log.level=error'];
  return start(prometheusBinary, words, `http://${address}`, '/-/ready', () => rm(folder, { recursive: true, force: true }));
}

/** Binocle itself, from its sources, on a fresh folder. */
export async function startBinocle(words: string[] = []): Promise<Running> {
  const folder = await mkdtemp(path.join(tmpdir(), 'binocle-data-'));
  const port = await freePort();
  const main = path.resolve(__dirname, '../../backend/main.ts');
  return start(process.execPath, ['--import', 'tsx', main, 'serve', '--host', '127.0.0.1', '--port', String(port), '--data', folder, ...words], `http://127.0.0.1:${port}`, '/ready', () => rm(folder, { recursive: true, force: true }));
}
