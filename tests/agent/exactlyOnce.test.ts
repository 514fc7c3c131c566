import assert from 'node:assert';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { ChildAgent } from './childAgent';
import { type ReceiptServer, startReceiptServer, type Trouble } from './receiptServer';

/** Rounds of random events; hundreds in the long form: BINOCLE_ROUNDS=300. */
const rounds = Number(process.env.BINOCLE_ROUNDS ?? 40);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** mulberry32: small, and the same everywhere. */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A log that is written to, cut off in the middle of lines, rotated and truncated; it remembers what it wrote. */
class WrittenLog {
  readonly written: string[] = [];
  private number = 0;
  private open = '';
  private generation = 0;

  constructor(
    readonly file: string,
    private readonly random: () => number
  ) {
    writeFileSync(file, '');
  }

  append(): void {
    let text = '';
    const lines = 1 + Math.floor(this.random() * 30);
    for (let i = 0; i < lines; i++) {
      const line = this.open === '' ? `${path.basename(this.file)} ${++this.number} ${'x'.repeat(Math.floor(this.random() * 200))}` : '';
      this.written.push(this.open + line);
      text += `${line}\n`;
      this.open = '';
    }
    if (this.random() < 0.3) {
      this.open = `${path.basename(this.file)} ${++this.number} part`;
      text += this.open;
    }
    appendFileSync(this.file, text);
  }

  finishLine(): void {
    if (this.open !== '') {
      appendFileSync(this.file, '\n');
      this.written.push(this.open);
      this.open = '';
    }
  }

  /** A line of the file as it is now: once it has arrived the agent knows the file. */
  first = '';

  /** logrotate with `create`; the writer still adds to the old file for a moment. */
  rename(): void {
    this.finishLine();
    const old = `${this.file}.${++this.generation}`;
    renameSync(this.file, old);
    const late = `${path.basename(this.file)} ${++this.number} late`;
    appendFileSync(old, `${late}\n`);
    this.written.push(late);
    writeFileSync(this.file, '');
    this.first = '';
  }

  mark(): void {
    if (this.first === '') {
      this.finishLine();
      this.first = `${path.basename(this.file)} ${++this.number} first`;
      this.written.push(this.first);
      appendFileSync(this.file, `${this.first}\n`);
    }
  }

  /** logrotate with `copytruncate`, when all is read (else it loses lines whatever the agent does). */
  truncate(): void {
    copyFileSync(this.file, path.join(path.dirname(this.file), `copy${++this.generation} of ${path.basename(this.file)}`));
    truncateSync(this.file, 0);
  }

  remove(): void {
    unlinkSync(this.file);
    writeFileSync(this.file, '');
  }
}

interface World {
  directory: string;
  server: ReceiptServer;
  logs: WrittenLog[];
  random: () => number;
  agent: ChildAgent;
  start(): void;
}

const linesOf = (server: ReceiptServer): string[] => server.entries.map((entry) => entry.line.toString('utf8'));

/** Waits until everything written has arrived; says what has not. */
async function delivered({ server, logs, agent }: World, timeoutMs: number): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  const missing = () => {
    const got = new Set(linesOf(server));
    return logs.flatMap((log) => log.written).filter((line) => !got.has(line));
  };
  while (missing().length > 0) {
    assert.ok(Date.now() < endMs, `seed ${seed}: lost ${missing().length} lines, the first: ${missing()[0]}\n${agent.output.slice(-2_000)}`);
    await sleep(20);
  }
}

/** A file that is rotated away before anybody saw it is beyond any agent: waits until a line of each file has arrived. */
async function known({ server, logs }: World): Promise<void> {
  logs.forEach((log) => log.mark());
  server.trouble = () => 'none';
  for (const endMs = Date.now() + 20_000; ; await sleep(10)) {
    const got = new Set(linesOf(server));
    if (logs.every((log) => got.has(log.first))) {
      return;
    }
    assert.ok(Date.now() < endMs, `seed ${seed}: a file was not found`);
  }
}

async function until(done: () => boolean, timeoutMs: number): Promise<void> {
  for (const endMs = Date.now() + timeoutMs; !done() && Date.now() < endMs; ) {
    await sleep(10);
  }
}

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)];

const events: Array<[number, (world: World) => Promise<void>]> = [
  [10, async ({ logs, random }) => pick(logs, random).append()],
  [
    2,
    async (world) => {
      await known(world);
      pick(world.logs, world.random).rename();
    },
  ],
  [
    1,
    async (world) => {
      world.logs.forEach((log) => log.finishLine());
      world.server.trouble = () => 'none';
      await delivered(world, 20_000);
      const log = pick(world.logs, world.random);
      if (world.random() < 0.5) {
        log.truncate();
      } else {
        log.remove();
      }
      log.first = '';
      log.append();
    },
  ],
  [
    3,
    async (world) => {
      const rotate = world.random() < 0.4;
      if (rotate) {
        await known(world);
      }
      await world.agent.end('SIGKILL');
      pick(world.logs, world.random).append();
      if (rotate) {
        pick(world.logs, world.random).rename();
      }
      world.start();
    },
  ],
  [
    1,
    async (world) => {
      await world.agent.end('SIGTERM');
      pick(world.logs, world.random).append();
      world.start();
    },
  ],
  [
    2,
    async (world) => {
      // the answer to a push is lost, and the server can't be asked about it when the agent is back
      const { server, logs, random } = world;
      await known(world);
      server.trouble = () => 'reset after';
      const stored = server.entries.length;
      const log = pick(logs, random);
      log.append();
      await until(() => server.entries.length > stored, 5_000);
      await world.agent.end('SIGKILL');
      server.away = true;
      log.append();
      if (random() < 0.5) {
        log.rename();
      }
      world.start();
      await until(() => world.agent.output.includes('whether it took the last push'), 1_500);
      await sleep(random() * 100);
      server.away = false;
      server.trouble = () => 'none';
    },
  ],
  [
    3,
    async (world) => {
      const share = world.random();
      world.server.trouble = () => (world.random() < share ? pick<Trouble>(['reset before', 'reset after', 500, 429], world.random) : 'none');
    },
  ],
  [3, async ({ random }) => void (await sleep(random() * 150))],
];

function nextEvent(random: () => number): (world: World) => Promise<void> {
  let at = random() * events.reduce((sum, [weight]) => sum + weight, 0);
  return events.find(([weight]) => (at -= weight) < 0)![1];
}

test(`every line arrives exactly once through crashes, rotations and a failing server (seed ${seed}, ${rounds} rounds)`, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'agent-once-'));
  const server = await startReceiptServer();
  const random = generator(seed);
  mkdirSync(path.join(directory, 'logs'));
  const config = path.join(directory, 'config.yaml');
  writeFileSync(
    config,
    `
server: {http_listen_address: 127.0.0.1, http_listen_port: 0}
positions: {filename: ${directory}/positions.yaml, sync_period: 100ms}
global: {file_watch_config: {max_poll_frequency: 20ms}}
clients: [{url: ${server.url}, batchwait: 30ms, batchsize: 2000, backoff_config: {min_period: 5ms, max_period: 40ms}}]
scrape_configs:
  - job_name: plain
    static_configs: [{labels: {job: plain, __path__: ${directory}/logs/plain*.log}}]
  - job_name: rotated names match too
    static_configs: [{labels: {job: wide, __path__: ${directory}/logs/wide*}}]
  - job_name: staged
    static_configs: [{labels: {job: staged, __path__: ${directory}/logs/staged*.log}}]
    pipeline_stages:
      - regex: {expression: '^\\S+ (?P<number>\\d+)'}
      - template: {source: bucket, template: '{{ mod .number 3 }}'}
      - labels: {bucket: }
`
  );
  const world: World = {
    directory, server, random,
    logs: ['plain1', 'plain2', 'staged1', 'wide1'].map((name) => new WrittenLog(path.join(directory, 'logs', `${name}.log`), random)),
    agent: new ChildAgent([`-config.file=${config}`]),
    start() {
      world.agent = new ChildAgent([`-config.file=${config}`]);
    },
  };
  try {
    for (let i = 0; i < rounds; i++) {
      await nextEvent(random)(world);
    }
    world.logs.forEach((log) => log.finishLine());
    server.trouble = () => 'none';
    await delivered(world, 30_000);
    await world.agent.end('SIGTERM');
    const counts = new Map<string, number>();
    for (const line of linesOf(server)) {
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    const repeated = [...counts].filter(([, count]) => count > 1);
    assert.deepStrictEqual(repeated, [], `seed ${seed}: lines arrived more than once`);
    assert.strictEqual(counts.size, world.logs.reduce((sum, log) => sum + log.written.length, 0), `seed ${seed}: lines nobody wrote arrived`);
  } finally {
    await world.agent.end('SIGKILL');
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
