import { parseGoDuration } from '../../../src/logql';
import type { Captures } from '../captures';
import { ConfigError } from '../config/yaml';
import type { Entry } from '../entry';
import { StageConfig } from './decode';
import type { Emit, Stage, StageReader } from './pipeline';
import { compileExpression } from './regex';

interface MultilineRule {
  first: Captures;
  waitMs: number;
  /** 0 is no limit. */
  linesMax: number;
}

/** `multiline`: lines are joined to the first one of their block, for each label set apart. */
export const multilineStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, true);
  const first = config.text('firstline');
  if (!first) {
    throw new ConfigError('multiline stage config must define `firstline` regular expression');
  }
  const wait = config.text('max_wait_time');
  const duration = wait ? parseGoDuration(wait) : ({ ok: true, value: 3e9 } as const);
  if (!duration.ok) {
    throw new ConfigError(`multiline stage \`max_wait_time\` parse error: ${duration.error}`);
  }
  const rule: MultilineRule = { first: compiled(first), waitMs: duration.value / 1e6, linesMax: config.int('max_lines') ?? 128 };
  return (context, next) => new Multiline(rule, (entry) => context.drop(entry, undefined), next);
};

function compiled(pattern: string): Captures {
  try {
    return compileExpression(pattern);
  } catch (error) {
    throw new ConfigError(`multiline stage first line regex compilation error: ${(error as Error).message.replace('could not compile regular expression: ', '')}`);
  }
}

interface Block {
  /** Gives time, labels and extracted values also to what follows a flush that was not caused by a new first line. */
  start: Entry;
  lines: string;
  count: number;
  origins: Entry['origins'];
  timer: NodeJS.Timeout | undefined;
}

/** Streams with a block that may go on; the one that was quiet for longest is sent when there are more. */
const blocksMax = 10_000;

class Multiline implements Stage {
  private readonly blocks = new Map<string, Block>();

  constructor(
    private readonly rule: MultilineRule,
    private readonly drop: Emit,
    private readonly next: Emit
  ) {}

  run(entry: Entry): void {
    const key = entry.labels.text;
    const isFirst = this.rule.first.test(entry.line);
    let block = this.blocks.get(key);
    if (!block && !isFirst) {
      // Lines before the first block belong to none.
      return this.next(entry);
    }
    if (!block) {
      block = { start: entry, lines: '', count: 0, origins: [], timer: undefined };
      this.keep(key, block);
    }
    if (isFirst) {
      this.send(block);
      block.start = entry;
    }
    block.lines = block.lines === '' ? entry.line : `${block.lines}\n${entry.line}`;
    block.origins.push(...entry.origins);
    block.count++;
    if (block.count === this.rule.linesMax) {
      this.send(block);
    } else {
      this.wait(block);
    }
  }

  flush(): void {
    this.blocks.forEach((block) => this.send(block));
    this.blocks.clear();
  }

  close(): void {
    this.blocks.forEach((block) => clearTimeout(block.timer));
    this.blocks.clear();
  }

  private wait(block: Block): void {
    if (block.timer) {
      block.timer.refresh();
    } else {
      block.timer = setTimeout(() => this.send(block), this.rule.waitMs);
    }
  }

  private send(block: Block): void {
    clearTimeout(block.timer);
    block.timer = undefined;
    if (block.count === 0) {
      return;
    }
    const { start, lines, origins } = block;
    const joined: Entry = { labels: start.labels, extracted: new Map(start.extracted), tsNs: start.tsNs, line: lines, metadata: undefined, origins };
    block.lines = '';
    block.count = 0;
    block.origins = [];
    if (lines === '') {
      // Nothing but empty lines: Promtail sends nothing.
      return this.drop(joined);
    }
    this.next(joined);
  }

  private keep(key: string, block: Block): void {
    this.blocks.set(key, block);
    if (this.blocks.size > blocksMax) {
      const [oldest, value] = this.blocks.entries().next().value!;
      this.send(value);
      this.blocks.delete(oldest);
    }
  }
}
