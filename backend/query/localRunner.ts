import type { StoreReader } from '../store/store';
import type { Fragment, FragmentResult, FragmentRunner } from './fragment';
import { runFragment } from './runFragment';

/** Runs fragments in this thread, one after the other: for stores without reader threads. */
export class LocalRunner implements FragmentRunner {
  readonly parallel = 1;

  constructor(private readonly reader: StoreReader) {}

  run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    return runFragment(fragment, this.reader, signal);
  }
}
