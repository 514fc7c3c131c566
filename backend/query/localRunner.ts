import type { Store, StoreReader } from '../store/store';
import type { Fragment, FragmentResult, FragmentRunner } from './fragment';
import { answerQuestion, type Answer, type Question, type QuestionOf, type QuestionRunner } from './question';
import { runFragment } from './fragments/runFragment';

/** Runs fragments, and answers questions, in this thread: for stores without reader threads. */
export class LocalRunner implements FragmentRunner, QuestionRunner {
  readonly parallel = 1;

  constructor(private readonly store: StoreReader & Pick<Store, 'partial'>) {}

  async run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    const warnings = new Set<string>();
    const reader = (fragment.partial && this.store.partial?.((sentence) => warnings.add(sentence))) || this.store;
    const result = await runFragment(fragment, reader, signal);
    return warnings.size === 0 ? result : { ...result, warnings: [...warnings] };
  }

  answer<Kind extends Question['kind']>(question: QuestionOf<Kind>, signal: AbortSignal): Promise<Answer<Kind>> {
    return answerQuestion(question, this.store, signal);
  }
}
