import { bytesReadError, fragmentLimits, type QueryLimits } from './budget';
import type { Fragment, FragmentLimits, FragmentResult, FragmentRunner, ReadStats } from './fragment';

/** One running query: runs its fragments and adds up what they read. */
export class Execution {
  readonly fragmentLimits: FragmentLimits;
  /** What is missing from the answer, in sentences for the user. */
  readonly warnings = new Set<string>();
  readonly read: ReadStats & { fragments: number } = { lines: 0, bytes: 0, chunks: 0, passed: 0, fragments: 0 };

  constructor(
    readonly tenants: string[],
    readonly runner: FragmentRunner,
    readonly limits: QueryLimits,
    readonly signal: AbortSignal,
    /** See `FragmentBase.partial`. */
    private readonly partial = false
  ) {
    this.fragmentLimits = fragmentLimits(limits);
  }

  async run(fragment: Fragment): Promise<FragmentResult> {
    const result = await this.runner.run(this.partial ? { ...fragment, partial: true } : fragment, this.signal);
    result.warnings?.forEach((warning) => this.warnings.add(warning));
    this.read.fragments++;
    this.read.lines += result.read.lines;
    this.read.bytes += result.read.bytes;
    this.read.chunks += result.read.chunks;
    this.read.passed += result.read.passed;
    const { bytesReadMax } = this.limits;
    if (bytesReadMax > 0 && this.read.bytes > bytesReadMax) {
      throw bytesReadError(this.read.bytes, bytesReadMax);
    }
    return result;
  }
}
