import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

/** Servers that always have something to do are not waited for any longer: packing twenty million lines takes two minutes. */
const settleMsMax = 600_000;

/** A server of logs that runs, and what the kernel says about its process. */
export class ServerProcess {
  constructor(
    readonly url: string,
    private readonly pid: number
  ) {}

  /** CPU seconds of the whole process since it began. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Largest resident memory since it began, in bytes. */
  peakBytes(): number {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]) * 1024;
  }

  /** Forgets the largest memory, so that the next part has its own. */
  resetPeak(): void {
    try {
      // 5: reset the high water mark (proc(5), clear_refs)
      writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
    } catch (error) {
      console.error(`the peak of memory goes on from the part before: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Resolves when the server has been quiet for two seconds, or never is. */
  async settled(): Promise<void> {
    const end = Date.now() + settleMsMax;
    for (let quiet = 0, last = this.cpuSeconds(); quiet < 4 && Date.now() < end; ) {
      await sleep(500);
      const now = this.cpuSeconds();
      quiet = now - last < 0.03 ? quiet + 1 : 0;
      last = now;
    }
  }
}

/** A Binocle server in a process of its own. */
export class BenchServer extends ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    url: string
  ) {
    super(url, child.pid!);
  }

  /** @param command the script that understands `serve`. @param node flags and environment of the process (`scripts/launch.mjs`). */
  static async start(command: string, dir: string, flags: string[], node: { flags: string[]; env: Record<string, string> } = { flags: ownFlags(), env: {} }): Promise<BenchServer> {
    const port = await freePort();
    const child = spawn(process.execPath, [...node.flags, command, 'serve', '--port', String(port), '--data', dir, '--log.level=error', ...flags], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...node.env } });
    const server = new BenchServer(child, `http://127.0.0.1:${port}`);
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) {
        throw new Error(`the server ended with status ${child.exitCode}`);
      }
      const ready = await fetch(`${server.url}/ready`).then((response) => response.ok, () => false);
      if (ready) {
        return server;
      }
      await sleep(100);
    }
    child.kill('SIGKILL');
    throw new Error('the server did not get ready');
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await gone;
  }
}

/** What this process was started with (`scripts/launch.mjs`), for the server as well; not the loader of a test run. */
function ownFlags(): string[] {
  return process.execArgv.filter((flag) => flag.startsWith('--max-semi-space-size'));
}

/** Linux counts in hundredths on every machine Node runs on. */
const ticksPerSecond = 100;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
