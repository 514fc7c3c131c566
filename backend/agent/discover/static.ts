import type { TargetGroup } from '../config/scrape';

/** Labels of one target before relabelling. */
export type DiscoveredLabels = ReadonlyMap<string, string>;

/** A source of targets that may change. */
export interface Discoverer {
  /** Starts looking; `changed` is called with all targets whenever they may have changed, the first time soon. */
  start(changed: (targets: DiscoveredLabels[]) => void): void;
  stop(): void;
}

/** Each target of a group with the labels of the group; a target's own labels win. */
export function targetsOfGroups(groups: readonly TargetGroup[]): DiscoveredLabels[] {
  return groups.flatMap((group) => group.targets.map((target) => new Map([...group.labels, ...target])));
}

/** Targets that stand in the configuration. */
export class StaticDiscoverer implements Discoverer {
  constructor(private readonly targets: DiscoveredLabels[]) {}

  start(changed: (targets: DiscoveredLabels[]) => void): void {
    changed(this.targets);
  }

  stop(): void {
    // Nothing runs.
  }
}
