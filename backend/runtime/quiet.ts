import { setTimeout } from 'node:timers/promises';

/** How often a server looks at what it does. */
export const quietLookMs = 500;
/** Share of one core below which it has little to do. */
const busyShare = 0.2;
/** Looks in a row that must find little to do. */
const quietLooks = 10;

/** Tells from looks at the CPU time of the process, one each `everyMs`, whether it has had little to do for a while. */
export class Quiet {
  private lastMs = 0;
  private looks = 0;

  constructor(private readonly everyMs: number) {}

  /** @param cpuMs CPU time of the process until now. */
  look(cpuMs: number): boolean {
    this.looks = cpuMs - this.lastMs < this.everyMs * busyShare ? this.looks + 1 : 0;
    this.lastMs = cpuMs;
    return this.looks >= quietLooks;
  }

  /** What was spent until now was our own and does not count. */
  discount(cpuMs: number): void {
    this.lastMs = cpuMs;
  }
}

/** Runs `work` again and again while the process has little to do, until it answers true or `signal` fires; rejects with what `work` rejects with. */
export async function whenQuiet(work: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const quiet = new Quiet(quietLookMs);
  for (let done = false; !done && !signal.aborted; ) {
    await setTimeout(quietLookMs, undefined, { ref: false });
    if (quiet.look(cpuMs()) && !signal.aborted) {
      done = await work();
      quiet.discount(cpuMs());
    }
  }
}

/** CPU time of the process until now. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
