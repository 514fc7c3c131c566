import type { Matcher } from '../../src/logql/ast';
import type { Batch } from '../model/entry';
import type { LiveSource, LiveSubscriber, Subscription } from '../model/live';

/** Live subscribers of what this process just committed (tail), in order of commits. */
export class Hub implements LiveSource {
  readonly lagMsMax = 0;
  private readonly byTenant = new Map<string, Set<LiveSubscriber>>();

  subscribe(tenant: string, _matchers: Matcher[], subscriber: LiveSubscriber): Subscription {
    const subscribers = this.byTenant.get(tenant) ?? new Set();
    this.byTenant.set(tenant, subscribers);
    subscribers.add(subscriber);
    const close = (): void => {
      subscribers.delete(subscriber);
      if (subscribers.size === 0 && this.byTenant.get(tenant) === subscribers) {
        this.byTenant.delete(tenant);
      }
    };
    return { ready: Promise.resolve(), close };
  }

  publish(batch: Batch): void {
    for (const subscriber of this.byTenant.get(batch.tenant) ?? []) {
      subscriber.receive(batch);
    }
  }
}
