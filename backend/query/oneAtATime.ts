import type { Fragment, FragmentResult, FragmentRunner } from './fragment';

/** Runs the fragments of one query one after the other, so that only one of them is in memory. */
export class OneAtATime implements FragmentRunner {
  readonly parallel = 1;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly runner: FragmentRunner) {}

  run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    const mine = this.last.then(() => this.runner.run(fragment, signal));
    // who comes next waits for this one, whatever becomes of it
    this.last = mine.catch(() => undefined);
    return mine;
  }
}
