import { InTurn } from '../runtime/inTurn';
import type { Fragment, FragmentResult, FragmentRunner } from './fragment';

/** Runs the fragments of one query one after the other, so that only one of them is in memory. */
export class OneAtATime implements FragmentRunner {
  readonly parallel = 1;
  private readonly fragments = new InTurn();

  constructor(private readonly runner: FragmentRunner) {}

  run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    return this.fragments.run(() => this.runner.run(fragment, signal));
  }
}
