import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { buildSync } from 'esbuild';

const bundle = path.resolve(__dirname, '../../node_modules/.cache/binocle-tests/agent.cjs');
let built = false;

/** The agent in a process of its own, to be stopped or killed. */
export class ChildAgent {
  output = '';
  private readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(args: string[]) {
    if (!built) {
      buildSync({ entryPoints: [path.join(__dirname, 'agentProcess.ts')], bundle: true, platform: 'node', format: 'cjs', packages: 'external', outfile: bundle, sourcemap: 'inline' });
      built = true;
    }
    this.child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (part: Buffer) => (this.output += part.toString('utf8')));
    }
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  get pid(): number {
    return this.child.pid!;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}
