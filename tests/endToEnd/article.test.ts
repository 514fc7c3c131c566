import assert from 'node:assert';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { queryStreams } from '../server/running';

/**
 * Server and agent on the two files of the article, as processes of their own, beside a real nginx and a system log: both are written
 * to and rotated while one process after the other is killed, and every line is there exactly once.
 */

const root = path.resolve(__dirname, '../..');
const nginx = '/usr/sbin/nginx';
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const kills = Number(process.env.BINOCLE_ROUNDS ?? 4);
const waitMsMax = 15_000;

/** Park and Miller's generator: small, and the same everywhere. */
function generator(start: number): () => number {
  let state = (start % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const from = Date.now(); Date.now() - from < waitMsMax; await sleep(50)) {
    if (await holds().catch(() => false)) {
      return;
    }
  }
  assert.fail(`not within ${waitMsMax} ms: ${what}`);
}

/** A command of Binocle that is started again after it was killed. */
class Running {
  private child: ChildProcess | undefined;
  text = '';

  constructor(private readonly words: string[]) {}

  start(): void {
    this.child = spawn(process.execPath, ['backend/dist/main.js', ...this.words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data) => (this.text += String(data)));
    }
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
  }
}

/** The article's files with what a reader replaces: the server's address, and here folders and ports that are free. */
async function article(dir: string): Promise<{ base: string; server: Running; agent: Running }> {
  const port = await freePort();
  const fixture = (name: string): string => readFileSync(path.join(root, 'tests/fixtures/article', name), 'utf8');
  const agentFile = path.join(dir, 'docker-config.yaml');
  const replaced = fixture('docker-config.yaml')
    .replace('IP_SRV_LOKI:3100', `127.0.0.1:${port}`)
    .replace('http_listen_port: 9080', `http_listen_port: ${await freePort()}`)
    .replaceAll('/var/log/', `${dir}/log/`)
    .replace('/tmp/positions.yaml', `${dir}/positions.yaml`);
  writeFileSync(agentFile, replaced);
  return {
    base: `http://127.0.0.1:${port}`,
    server: new Running(['serve', '-config.file=tests/fixtures/article/local-config.yaml', '--host', '127.0.0.1', '--port', String(port), '--data', path.join(dir, 'data')]),
    agent: new Running(['agent', `-config.file=${agentFile}`]),
  };
}

interface Source {
  query: string;
  lines(): string[];
  write(): Promise<void>;
  /** logrotate with `create`. */
  rotate(): void;
}

/** What was written to `file` and to the files it was rotated to. */
function rotatedLog(file: string): { all(): string[]; rename(): void } {
  const old: string[] = [];
  return {
    all: () => [...old, file].flatMap((name) => (existsSync(name) ? readFileSync(name, 'utf8').split('\n').slice(0, -1) : [])),
    rename: () => {
      old.push(`${file}.${old.length + 1}`);
      renameSync(file, old.at(-1)!);
    },
  };
}

function systemLog(dir: string): Source {
  const file = path.join(dir, 'log/syslog');
  const log = rotatedLog(file);
  let count = 0;
  writeFileSync(file, '');
  return {
    query: '{job="varlogs"}',
    lines: log.all,
    write: async () => {
      for (let i = 0; i < 20; i++) {
        const kind = [`sshd[${900 + count}]: Accepted publickey for root from 10.0.0.7 port ${count} ssh2`, 'CRON[811]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)'][count % 2];
        appendFileSync(file, `Nov 22 16:${String(count % 60).padStart(2, '0')}:01 b2d ${kind}\n`);
        count++;
      }
    },
    rotate: () => {
      log.rename();
      writeFileSync(file, '');
    },
  };
}

async function nginxLog(context: TestContext, dir: string): Promise<Source> {
  const port = await freePort();
  const file = path.join(dir, 'log/nginx/access.log');
  mkdirSync(path.dirname(file), { recursive: true });
  const config = path.join(dir, 'nginx.conf');
  // Started by root, a worker would be `nobody`, who can't open the log again after a rotation.
  writeFileSync(config, `${process.getuid?.() === 0 ? 'user root; ' : ''}daemon off; worker_processes 1; pid ${dir}/nginx.pid; error_log ${dir}/nginx.err;
events { worker_connections 64; }
http { access_log ${file} combined; client_body_temp_path ${dir}/t1; proxy_temp_path ${dir}/t2; fastcgi_temp_path ${dir}/t3; uwsgi_temp_path ${dir}/t4; scgi_temp_path ${dir}/t5;
  server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } } }
`);
  const child = spawn(nginx, ['-c', config, '-e', `${dir}/nginx.err`], { stdio: 'ignore' });
  context.after(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const log = rotatedLog(file);
  let count = 0;
  const get = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/page?n=${count++}`)).ok;
  await until('nginx answers', get);
  return {
    query: '{job="nginxlogs", hostname="b2d"}',
    lines: log.all,
    write: async () => {
      await Promise.all(Array.from({ length: 20 }, get));
    },
    rotate: () => {
      log.rename();
      child.kill('SIGUSR1'); // opens the log anew
    },
  };
}

async function arrived(base: string, { query }: Source): Promise<string[]> {
  const streams = await queryStreams(base, query, { start: String((Date.now() - 3_600_000) * 1e6), end: String((Date.now() + 60_000) * 1e6) });
  return streams.flatMap(({ values }) => values.map(([, line]) => line)).sort();
}

const left = existsSync(nginx) ? false : 'nginx is not there';

test('the article: every line of nginx and the system exactly once, over rotations and kill -9', { skip: left }, async (context) => {
  console.log(`    seed: ${seed}, kills: ${kills} (SEED, BINOCLE_ROUNDS)`);
  const random = generator(seed);
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-article-'));
  context.after(() => rmSync(dir, { recursive: true, force: true }));
  const sources = [await nginxLog(context, dir), systemLog(dir)];
  const { base, server, agent } = await article(dir);
  context.after(async () => {
    await Promise.all([server.stop('SIGKILL'), agent.stop('SIGKILL')]);
  });
  const ready = (): Promise<void> => until('the server is ready', async () => (await fetch(`${base}/ready`)).ok);
  const counts = (): Promise<number[][]> => Promise.all(sources.map(async (source) => [source.lines().length, (await arrived(base, source)).length]));
  const complete = (): Promise<void> =>
    until('every line has arrived', async () => (await counts()).every(([written, there]) => there >= written)).catch(async (error: unknown) => {
      throw new Error(`written and arrived: ${JSON.stringify(await counts())}\n${agent.text}\n${server.text}`, { cause: error });
    });
  server.start();
  await ready();
  assert.deepStrictEqual([(await fetch(base)).status, server.text.match(/schema_config has no effect/g)?.length], [404, 1]);
  agent.start();
  await complete();
  for (let round = 0; round < kills; round++) {
    // Once a round: a file that came and went between two looks of the agent nobody can know.
    const rotateAt = sources.map(() => Math.floor(random() * 8));
    for (let step = 0; step < 6; step++) {
      await Promise.all(sources.map((source) => source.write()));
      await sleep(random() * 150);
      sources.filter((_, i) => rotateAt[i] === step).forEach((source) => source.rotate());
    }
    const victim = round % 2 ? agent : server;
    await victim.stop('SIGKILL');
    await Promise.all(sources.map((source) => source.write()));
    victim.start();
    await ready();
    await complete();
  }
  await agent.stop('SIGTERM');
  for (const source of sources) {
    assert.deepStrictEqual(await arrived(base, source), source.lines().sort(), source.query);
  }
});
