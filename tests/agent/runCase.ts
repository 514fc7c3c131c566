import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync, appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { runAgentCommand } from '../../backend/agent/command';
import { type Case, type Outcome, pipelineConfig, type Step, type Text } from './promtailCases';
import { type Pushed, type PushServer, startPushServer } from './pushServer';

export interface Observed {
  entries: Array<Pushed & { run: number }>;
  metrics: string[][];
  positions: string[];
  statuses: number[];
  requests: PushServer['requests'];
  http: NonNullable<Outcome['http']>;
  exit: number | null;
  output: string;
  startMs: number;
  endMs: number;
  fill(text: string): string;
}

/** A free port can be taken by another program before the agent has it; the agent then runs without pages. */
class PortTaken extends Error {}
const triesMax = 3;

/** Runs a case with the agent in this process, as a command with its own streams and signals. */
export async function runCase(test: Case): Promise<Observed> {
  for (let left = triesMax; ; left--) {
    try {
      return await tryCase(test);
    } catch (error) {
      if (!(error instanceof PortTaken) || left === 1) {
        throw error;
      }
    }
  }
}

async function tryCase(test: Case): Promise<Observed> {
  const dir = mkdtempSync(path.join(tmpdir(), 'agent-case-'));
  const push = await startPushServer();
  const cwd = process.cwd();
  if (needsDirectory(test)) {
    process.chdir(dir);
  }
  try {
    return await new CaseRun(test, dir, push, await freePort()).run();
  } finally {
    process.chdir(cwd);
    await push.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Relative paths of a case start at its directory: such a case runs alone. */
export function needsDirectory(test: Case): boolean {
  return /__path__: "?[^@"/]/.test(test.config ?? '');
}

class CaseRun {
  private readonly observed: Observed;
  private run_ = 0;
  private taken = 0;
  private agent: RunningAgent | undefined;

  constructor(
    private readonly test: Case,
    private readonly dir: string,
    private readonly push: PushServer,
    private readonly port: number
  ) {
    this.observed = {
      entries: [], metrics: [], positions: [], statuses: push.statuses, requests: push.requests, http: [], exit: null, output: '',
      startMs: Date.now(), endMs: 0, fill: (text) => this.fill(text),
    };
    push.answers = test.answers ?? [204];
  }

  async run(): Promise<Observed> {
    this.write('config.yaml', this.fill(this.test.kind === 'pipeline' ? pipelineConfig(this.test) : (this.test.config ?? '')));
    switch (this.test.kind) {
      case 'pipeline':
      case 'stdin':
        await this.stdin(['-stdin']);
        break;
      case 'stdout':
        await this.stdin([]);
        break;
      case 'check':
        await this.check();
        break;
      case 'files':
        for (const step of this.test.steps ?? []) {
          await this.step(step);
        }
    }
    await this.stop('stop');
    this.observed.endMs = Date.now();
    return this.observed;
  }

  private async stdin(args: string[]): Promise<void> {
    this.start(args);
    await this.agent!.started;
    for (const line of this.test.lines ?? []) {
      if (typeof line === 'object' && 'pause' in line) {
        await sleep(line.pause);
      } else if (typeof line === 'object' && 'scrape' in line) {
        await sleep(150);
        this.observed.metrics.push(await this.scrape(this.test.metricMatch));
      } else {
        this.agent!.stdin.write(Buffer.concat([bytesOf(line), Buffer.from('\n')]));
      }
    }
    if (this.observed.metrics.length === 0 && (this.test.out.metrics ?? []).length > 0) {
      await sleep(150);
      this.observed.metrics.push(await this.scrape(this.test.metricMatch));
    }
    this.agent!.stdin.end();
    await this.finish();
  }

  private async check(): Promise<void> {
    this.start([]);
    const status = await Promise.race([this.agent!.exit, this.agent!.started.then(() => sleep(60)).then(() => null)]);
    this.observed.exit = status;
  }

  private async step(step: Step): Promise<void> {
    const at = (name: string) => path.join(this.dir, name);
    switch (step.op) {
      case 'write':
        return this.write(step.path!, typeof step.data === 'string' ? this.fill(step.data) : bytesOf(step.data!));
      case 'append':
        return appendFileSync(at(step.path!), bytesOf(step.data!));
      case 'rename':
        return renameSync(at(step.from!), at(step.to!));
      case 'copy':
        return copyFileSync(at(step.from!), at(step.to!));
      case 'truncate':
        return truncateSync(at(step.path!), step.size);
      case 'unlink':
        return unlinkSync(at(step.path!));
      case 'symlink':
        return symlinkSync(step.target!, at(step.path!));
      case 'mkdir':
        mkdirSync(at(step.path!), { recursive: true });
        return;
      case 'config':
        return this.write('config.yaml', this.fill(step.text ?? step.config!));
      case 'positionsFile':
        return this.write('positions.yaml', this.fill(step.text!));
      case 'start':
        this.start([]);
        await this.agent!.started;
        return sleep(100);
      case 'stop':
      case 'kill':
        return this.stop(step.op);
      case 'wait':
        return this.wait(step.ms!);
      case 'positions':
        this.observed.positions.push(readFileSync(at('positions.yaml'), 'utf8'));
        return;
      case 'scrape':
        this.observed.metrics.push(await this.scrape(step.match));
        return;
      default:
        return this.request(step);
    }
  }

  /** Recorded waits give Promtail time; what we wait for is that nothing moves any more, at most as long. */
  private async wait(ms: number): Promise<void> {
    const endMs = Date.now() + ms;
    // Positions are synced every 500 ms in the recorded configurations and files are found every second.
    let quietSinceMs = Date.now();
    let count = this.push.entries.length;
    while (Date.now() < endMs && Date.now() - quietSinceMs < 1_350) {
      await sleep(20);
      if (this.push.entries.length !== count) {
        count = this.push.entries.length;
        quietSinceMs = Date.now();
      }
    }
  }

  private async request(step: Step): Promise<void> {
    const url = step.url ?? `http://127.0.0.1:${this.port}${step.path}`;
    const response = await fetch(url, { method: step.method ?? (step.op === 'push' ? 'POST' : 'GET'), headers: step.headers, body: step.body, redirect: 'manual' });
    const location = response.headers.get('location') ?? undefined;
    this.observed.http.push({ path: step.url ?? step.path!, status: response.status, body: await response.text(), ...(location ? { location } : {}) });
  }

  private async scrape(match = '^(# (HELP|TYPE) )?(promtail_custom_|logentry_dropped_)'): Promise<string[]> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    return text.split('\n').filter((line) => new RegExp(match).test(line)).sort();
  }

  private start(args: string[]): void {
    this.run_++;
    this.agent = new RunningAgent([`-config.file=${path.join(this.dir, 'config.yaml')}`, ...args, ...(this.test.args ?? []).map((arg) => this.fill(arg))], this.test.env ?? {});
  }

  private async stop(how: 'stop' | 'kill'): Promise<void> {
    if (this.agent) {
      this.agent.signal('stop');
      await this.finish();
    }
    void how;
  }

  private async finish(): Promise<void> {
    const status = await this.agent!.exit;
    if (this.test.kind !== 'check') {
      this.observed.exit = status;
    }
    this.observed.output += this.agent!.output;
    this.agent = undefined;
    const fresh = this.push.entries.slice(this.taken).map((entry) => ({ ...entry, run: this.run_ }));
    this.taken = this.push.entries.length;
    this.observed.entries.push(...fresh);
  }

  private write(name: string, data: string | Uint8Array): void {
    const file = path.join(this.dir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, data);
  }

  private fill(text: string): string {
    return text
      .replaceAll('@DIR@', this.dir)
      .replaceAll('@PUSH@', this.push.url)
      .replaceAll('@PUSHHOST@', new URL(this.push.url).host)
      .replaceAll('@HTTP@', String(this.port))
      .replaceAll('@HOST@', hostname());
  }
}

/** The command with streams of its own. */
class RunningAgent {
  readonly stdin = new PassThrough();
  output = '';
  private listener: ((what: 'stop' | 'reload') => void) | undefined;
  readonly exit: Promise<number>;
  readonly started: Promise<void>;

  constructor(args: string[], env: Record<string, string>) {
    const write = (text: string) => void (this.output += text);
    this.exit = runAgentCommand(args, {
      env, stdin: this.stdin, stdout: { write }, stderr: { write },
      onSignal: (listener) => {
        this.listener = listener;
        return () => undefined;
      },
    });
    let isOver = false;
    const over = () => void (isOver = true);
    this.exit.then(over, over);
    this.started = this.reads(() => isOver);
  }

  signal(what: 'stop' | 'reload'): void {
    this.listener?.(what);
  }

  /** Until it listens, or is over: many cases leave at once. */
  private async reads(isOver: () => boolean): Promise<void> {
    while (!this.output.includes('server listening') && !isOver()) {
      if (this.output.includes('cannot serve pages')) {
        this.signal('stop');
        await this.exit;
        throw new PortTaken(this.output);
      }
      await sleep(5);
    }
  }
}

function bytesOf(text: Text): Buffer {
  return typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text.b64, 'base64');
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
