import { nearest } from '../../../src/logql/nearest';
import { targetsOfGroups } from '../discover/static';
import { relabel } from '../relabel';
import type { ScrapeConfig } from './scrape';

/** What to say of a target whose labels name no files. */
export function noPathText(labels: ReadonlyMap<string, string>): string {
  const mistyped = [...labels.keys()].find((name) => nearest(name, ['__path__']) !== undefined);
  return `a target has no label __path__, so nothing is read for it${mistyped ? `; did you mean __path__ instead of ${mistyped}?` : ''}`;
}

/** Jobs of which a target in the configuration names no files, not even once it is relabelled, in words. */
export function jobsWithoutPath(scrapes: readonly ScrapeConfig[]): string[] {
  return scrapes.flatMap(({ jobName, static: groups, relabelRules }) => {
    const kept = targetsOfGroups(groups).flatMap((target) => relabel(target, relabelRules) ?? []);
    const pathless = kept.find((labels) => !labels.get('__path__'));
    return pathless ? [`job ${JSON.stringify(jobName)}: ${noPathText(pathless.labels)}`] : [];
  });
}
