import type { Matcher } from '../../src/logql/ast';
import type { Batch } from './entry';
import type { Labels } from './labels';

/** Takes entries as they are stored. Calls are synchronous; a subscriber that needs time or memory bounds what it keeps by itself. */
export interface LiveSubscriber {
  receive(batch: Batch): void;
  /** Entries of the stream from this time on came faster than they could be read, and will not be received. */
  missed(stream: Labels, fromNs: bigint): void;
}

export interface Subscription {
  /** Resolves when everything that is stored from now on will be received; what a reader sees after that is complete together with it. */
  ready: Promise<void>;
  close(): void;
}

/** Where live entries come from: each entry once, the entries of one server in the order in which it stored them. */
export interface LiveSource {
  /**
   * How long after an entry can be read it may still be told: what a reader saw may be received once more for so long.
   * 0: at the same instant.
   */
  readonly lagMsMax: number;
  /** The matchers say which streams are wanted; others may be received as well. */
  subscribe(tenant: string, matchers: Matcher[], subscriber: LiveSubscriber): Subscription;
}
