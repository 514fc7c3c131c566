import { Bug } from '../../model/errors';
import type { StoreReader } from '../../store/store';
import type { Fragment, FragmentResult } from '../fragment';
import { runLogFragment } from './runLogFragment';
import { runSampleFragment } from './runSampleFragment';

/** Runs a fragment beside a store: in a reader thread, or in this one. Rejects as `FragmentRunner.run` does. */
export function runFragment(fragment: Fragment, reader: StoreReader, signal: AbortSignal): Promise<FragmentResult> {
  switch (fragment.kind) {
    case 'log':
      return runLogFragment(fragment, reader, signal);
    case 'samples':
      return runSampleFragment(fragment, reader, signal);
    default:
      throw new Bug(`unknown fragment ${JSON.stringify(fragment satisfies never)}`);
  }
}
