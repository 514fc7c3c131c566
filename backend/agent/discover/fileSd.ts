import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readGroup } from '../config/scrape';
import { Section } from '../config/section';
import { ConfigError, parseYaml } from '../config/yaml';
import type { Log } from '../log';
import { filesOf } from '../tail/glob';
import { type DiscoveredLabels, type Discoverer, targetsOfGroups } from './static';

/** `file_sd_configs`: groups of targets in YAML or JSON files, read again every `refreshMs`. */
export class FileDiscoverer implements Discoverer {
  private timer: NodeJS.Timeout | undefined;
  private readonly last = new Map<string, DiscoveredLabels[]>();

  constructor(
    private readonly patterns: readonly string[],
    private readonly refreshMs: number,
    private readonly log: Log
  ) {}

  start(changed: (targets: DiscoveredLabels[]) => void): void {
    const look = () => changed(this.read());
    look();
    this.timer = setInterval(look, Math.max(refreshMsMin, this.refreshMs));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** A file that can't be read keeps the targets it had. */
  private read(): DiscoveredLabels[] {
    const files = [...new Set(this.patterns.flatMap((pattern) => filesOf(pattern, undefined)))];
    for (const file of files) {
      try {
        this.last.set(file, readTargetsFile(file));
      } catch (error) {
        this.log.error('cannot read file of targets, keeping those it had', { file, error: (error as Error).message });
      }
    }
    for (const file of this.last.keys()) {
      if (!files.includes(file)) {
        this.last.delete(file);
      }
    }
    return [...this.last.values()].flat();
  }
}

const refreshMsMin = 100;

/** Each target carries the name of its file as `__meta_filepath`. */
function readTargetsFile(file: string): DiscoveredLabels[] {
  // JSON is YAML, but for tabs in odd places.
  const text = readFileSync(file, 'utf8');
  const list = parseYaml(path.extname(file).toLowerCase() === '.json' ? JSON.stringify(JSON.parse(text)) : text);
  if (list !== null && !Array.isArray(list)) {
    throw new ConfigError('a list of groups with `targets` and `labels` is expected');
  }
  const groups = (list ?? []).map((group, i) => readGroup(new Section(group, `[${i}]`, []), `${file}:${i}`));
  return targetsOfGroups(groups).map((labels) => new Map([...labels, ['__meta_filepath', file]]));
}
