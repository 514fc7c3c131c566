import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { JournalConfig, ScrapeConfig } from '../config/scrape';
import type { Log } from '../log';
import type { AgentMetrics } from '../metrics';
import type { JobOutput } from '../output';
import type { Positions } from '../positions/positions';
import { goJson } from '../stages/goJson';
import { Tracker } from '../tracker';
import { StreamLabels } from './streamLabels';
import type { TargetInfo, TargetManager } from './target';

/** Pauses before journalctl is started again. */
const restartMsMin = 1_000;
const restartMsMax = 30_000;
/** Entries on their way before journalctl has to wait. */
const pendingMax = 10_000;
const waitMs = 20;

const priorities = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];

export interface JournalDeps {
  positions: Positions;
  metrics: AgentMetrics;
  log: Log;
  clients: number;
  /** The program; another one in tests. */
  program?: string;
}

/** Fields of an entry as `journalctl -o json` writes them: text, bytes as numbers, several values as a list, or null when too large. */
export type JournalEntry = Record<string, string | number[] | Array<string | number[]> | null>;

/** `journal`: reads systemd's journal through `journalctl -o json --follow`, from the cursor of the last delivered entry on. */
export class JournalTarget implements TargetManager {
  readonly jobName: string;
  readonly dropped: TargetInfo[] = [];
  private readonly labels: StreamLabels;
  private readonly tracker: Tracker;
  /** Cursors of entries on their way, by number. */
  private readonly cursors = new Map<number, string>();
  private number = 0;
  private child: ChildProcess | undefined;
  private stopped = false;
  private restartMs = restartMsMin;

  constructor(
    scrape: ScrapeConfig,
    private readonly config: JournalConfig,
    private readonly output: JobOutput,
    private readonly deps: JournalDeps
  ) {
    this.jobName = scrape.jobName;
    this.labels = new StreamLabels(scrape.relabelRules);
    this.tracker = new Tracker(0, deps.clients, 0);
    this.tracker.onProgress = () => this.note();
  }

  start(): void {
    this.run();
  }

  stop(): void {
    this.stopped = true;
    this.child?.kill('SIGTERM');
  }

  get ready(): boolean {
    return this.child !== undefined;
  }

  get active(): TargetInfo[] {
    const cursor = this.deps.positions.cursor(this.cursorKey) ?? '';
    return [{ type: 'Journal', ready: this.ready, labels: this.config.labels, discovered: new Map(), details: new Map([['position', cursor]]) }];
  }

  private get cursorKey(): string {
    return `cursor-${this.jobName}`;
  }

  private run(): void {
    const child = spawn(this.deps.program ?? 'journalctl', this.args(), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let said = '';
    child.stderr!.on('data', (part: Buffer) => (said = (said + part.toString('utf8')).slice(-500)));
    child.on('error', (error) => (said = error.message));
    void this.read(child);
    child.on('close', () => {
      this.child = undefined;
      if (!this.stopped) {
        this.deps.log.error('journalctl ended, starting it again', { job: this.jobName, error: said.trim(), after: this.restartMs });
        setTimeout(() => this.stopped || this.run(), this.restartMs).unref();
        this.restartMs = Math.min(restartMsMax, this.restartMs * 2);
      }
    });
  }

  private args(): string[] {
    const { maxAgeMs, path, matches } = this.config;
    const cursor = this.cursors.size > 0 ? [...this.cursors.values()].at(-1) : (this.deps.positions.cursor(this.cursorKey) ?? this.deps.positions.cursor(`journal-${this.jobName}`));
    return [
      '-o', 'json', '--follow', '--no-pager', '--all',
      // Also what lies in the journal already, not only the last ten entries.
      '--no-tail',
      cursor === undefined ? `--since=-${Math.ceil(maxAgeMs / 1_000)}s` : `--after-cursor=${cursor}`,
      ...(path === '' ? [] : [`--directory=${path}`]),
      ...matches.split(/\s+/).filter((match) => match !== ''),
    ];
  }

  private async read(child: ChildProcess): Promise<void> {
    for await (const line of createInterface({ input: child.stdout!, crlfDelay: Infinity })) {
      while ((this.output.paused || this.cursors.size >= pendingMax) && !this.stopped) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
      if (this.stopped) {
        return;
      }
      this.take(line);
    }
  }

  private take(line: string): void {
    let entry: JournalEntry;
    try {
      entry = JSON.parse(line) as JournalEntry;
    } catch {
      // journalctl says more on its error output when it breaks off.
      this.deps.metrics.journalErrors.inc({ error: 'json' });
      return;
    }
    this.restartMs = restartMsMin;
    const number = this.number++;
    this.cursors.set(number, fieldText(entry.__CURSOR) ?? '');
    const origins = [{ tracker: this.tracker, start: number, end: number + 1 }];
    const text = journalLine(entry, this.config.json);
    const labels = text === undefined ? undefined : this.labels.of(new Map([...journalLabels(entry), ...this.config.labels]));
    if (text === undefined || !labels || labels.labels.size === 0) {
      this.deps.metrics.journalErrors.inc({ error: text === undefined ? 'no_message' : 'empty_labels' });
      this.tracker.drop(number, number + 1);
      return;
    }
    this.deps.metrics.journalLines.inc();
    const micros = fieldText(entry.__REALTIME_TIMESTAMP);
    this.output.text(labels, text, origins, micros === undefined ? undefined : BigInt(micros) * 1_000n);
  }

  /** Remembers the cursor of the last entry below which all are delivered. */
  private note(): void {
    let cursor: string | undefined;
    for (const [number, text] of this.cursors) {
      if (number >= this.tracker.low) {
        break;
      }
      cursor = text;
      this.cursors.delete(number);
    }
    if (cursor) {
      this.deps.positions.setCursor(this.cursorKey, cursor);
    }
  }
}

/** Text of a field; the first value when there are several, undefined when journalctl left it out. */
function fieldText(value: JournalEntry[string] | undefined): string | undefined {
  if (value === null || value === undefined || typeof value === 'string') {
    return value ?? undefined;
  }
  if (value.every((item) => typeof item === 'number')) {
    return Buffer.from(value as number[]).toString('utf8');
  }
  return fieldText(value[0] as string | number[]);
}

const isAddress = (name: string): boolean => name.startsWith('__');

/** The message, or with `json` all fields as one object. */
export function journalLine(entry: JournalEntry, json: boolean): string | undefined {
  if (!json) {
    return fieldText(entry.MESSAGE);
  }
  const fields = Object.entries(entry).filter(([name]) => !isAddress(name));
  return goJson(Object.fromEntries(fields.map(([name, value]) => [name, fieldText(value) ?? ''])));
}

/** `__journal_<field in lower case>` for each field, and the priority's keyword. */
export function journalLabels(entry: JournalEntry): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [name, value] of Object.entries(entry)) {
    const text = isAddress(name) ? undefined : fieldText(value);
    if (text !== undefined) {
      labels.set(`__journal_${name.toLowerCase()}`, text);
    }
  }
  const keyword = priorities[Number(labels.get('__journal_priority') ?? NaN)];
  if (keyword !== undefined) {
    labels.set('__journal_priority_keyword', keyword);
  }
  return labels;
}
