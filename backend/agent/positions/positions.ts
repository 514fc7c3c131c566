import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import type { Log } from '../log';
import { Tracker } from '../tracker';
import { dropVanished, readPromtailPositions, writePromtailPositions } from './promtailFile';
import { writeAside } from './writeAside';

/** The first bytes of a file, to tell it from another one under the same inode. */
export interface Fingerprint {
  length: number;
  /** Hex digest of the first `length` bytes. */
  digest: string;
}

/** A file as the journal knows it. */
export interface FileRecord {
  id: number;
  /** Job and labels: two jobs may read one file. */
  target: string;
  path: string;
  dev: number;
  ino: number;
  fingerprint: Fingerprint;
}

interface Known extends FileRecord {
  /** Progress by client name, as of the last start: low mark and islands. */
  stored: Record<string, number[]>;
  /** Set while the file is being read. */
  tracker: Tracker | undefined;
  /** The file whose progress stands in Promtail's file under the path. */
  current: boolean;
}

/** A push that was sent and whose answer the journal does not know. */
export interface Intent {
  client: string;
  tenant: string;
  sequence: number;
  ranges: Record<string, number[]>;
}

type JournalLine =
  | { v: 1; agent: string }
  | { file: FileRecord & { stored: Record<string, number[]> } }
  | { sent: Intent }
  | { taken: { client: string; tenant: string; sequence: number; ranges?: Record<string, number[]> } }
  | { fingerprint: { id: number; fingerprint: Fingerprint } }
  | { gone: number };

export interface PositionsOptions {
  file: string;
  ignoreInvalid: boolean;
  /** Names of the clients, in the order of the trackers' client numbers. */
  clients: string[];
  /** Nothing is written (`-dry-run`). */
  readOnly: boolean;
  log: Log;
}

/** The journal is rewritten when more than this (and more than what a rewrite leaves) was added, so that a start does not read for ever. */
const journalBytesMin = 1_048_576;

/**
 * What is remembered over a restart: Promtail's positions file, and beside it (`.binocle`) a journal that knows files by device, inode
 * and first bytes, and pushes by their sequence. A push is written down before it is sent and again when it was taken, so after a
 * crash only the last push of each tenant is in doubt, and a Binocle server says whether it has it.
 */
export class Positions {
  readonly agent: string;
  private readonly legacy: Map<string, string>;
  private readonly known = new Map<number, Known>();
  /** The current file of each target and path, and the files by target, device and inode. */
  private readonly byPath = new Map<string, Known>();
  private readonly byInode = new Map<string, Known>();
  /** Files of the journal by target and path, oldest first. */
  private readonly orphans = new Map<string, Known[]>();
  private readonly sequences = new Map<string, number>();
  /** Pushes on their way, the last of each client and tenant. */
  private readonly open = new Map<string, Intent>();
  /** Those of an earlier run. */
  private doubtful = new Set<Intent>();
  private nextId = 1;
  /** The journal of the earlier run was read; from now on it is added to. */
  private replayed = false;
  private appendedBytes = 0;
  private snapshotBytes = 0;
  private dirty = true;
  private writable = true;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: PositionsOptions) {
    this.legacy = readPromtailPositions(options.file, options.ignoreInvalid, (message) => options.log.warn(message));
    this.agent = this.readJournal() ?? randomUUID();
    this.doubtful = new Set(this.open.values());
    this.rewriteJournal();
    this.replayed = true;
  }

  /** Pushes in doubt: ask the server, then `settle` each. */
  get intents(): Intent[] {
    return [...this.doubtful];
  }

  settle(intent: Intent, taken: boolean): void {
    if (taken) {
      this.apply(intent.client, intent.ranges);
      // Else the next push would take the place of this one in the journal, and a crash after it would forget this one.
      this.append({ taken: { client: intent.client, tenant: intent.tenant, sequence: intent.sequence } });
    }
    this.open.delete(intentKey(intent.client, intent.tenant));
    this.doubtful.delete(intent);
    this.dirty = true;
  }

  /** True while it is open whether a part of the file was taken before the restart. */
  inDoubt(id: number): boolean {
    return this.doubtful.size > 0 && [...this.doubtful].some((intent) => String(id) in intent.ranges);
  }

  /** Ranges that turn out to be delivered, or safe in the queue on disk. */
  apply(client: string, ranges: Record<string, number[]>): void {
    const number = this.options.clients.indexOf(client);
    for (const [id, pairs] of Object.entries(ranges)) {
      const file = this.known.get(Number(id));
      if (!file || number < 0) {
        continue;
      }
      const tracker = file.tracker ?? this.trackerOf(file);
      for (let i = 0; i + 1 < pairs.length; i += 2) {
        tracker.finish(number, pairs[i], pairs[i + 1]);
        tracker.skipBelow = Math.max(tracker.skipBelow, pairs[i + 1]);
      }
      file.stored = this.stateOf(tracker);
    }
  }

  nextSequence(client: string, tenant: string): number {
    const key = intentKey(client, tenant);
    const sequence = (this.sequences.get(key) ?? 0) + 1;
    this.sequences.set(key, sequence);
    return sequence;
  }

  /** A server or a queue knows of this sequence: later ones must be above it. */
  noteSequence(client: string, tenant: string, sequence: number): void {
    const key = intentKey(client, tenant);
    this.sequences.set(key, Math.max(this.sequences.get(key) ?? 0, sequence));
  }

  /** To be called before a push is sent for the first time. */
  sent(intent: Intent): void {
    this.open.set(intentKey(intent.client, intent.tenant), intent);
    this.append({ sent: intent });
  }

  /** To be called when a push was taken (or given up): its ranges are finished. */
  taken(client: string, tenant: string, sequence: number): void {
    const key = intentKey(client, tenant);
    if (this.open.get(key)?.sequence === sequence) {
      this.open.delete(key);
    }
    this.dirty = true;
    this.append({ taken: { client, tenant, sequence } });
  }

  /** A push lies in the queue on disk: whatever happens to it there, its ranges are not read again. */
  safe(client: string, tenant: string, sequence: number, ranges: Record<string, number[]>): void {
    const key = intentKey(client, tenant);
    if (this.open.get(key)?.sequence === sequence) {
      this.open.delete(key);
    }
    this.noteSequence(client, tenant, sequence);
    this.apply(client, ranges);
    this.dirty = true;
    this.append({ taken: { client, tenant, sequence, ranges } });
  }

  /** The file of an earlier run (or of a target that went away) with this identity. */
  findInode(target: string, dev: number, ino: number): FileRecord | undefined {
    const file = this.byInode.get(inodeKey(target, dev, ino));
    return file?.tracker ? undefined : file;
  }

  /** The file that an earlier run last read under this path. */
  findPath(target: string, path: string): FileRecord | undefined {
    const file = this.byPath.get(pathKey(target, path));
    return file?.tracker ? undefined : file;
  }

  /** Files that an earlier run read under this path and that nobody has taken up yet; asked once, at the start of a tail. */
  orphansOf(target: string, path: string): FileRecord[] {
    const key = pathKey(target, path);
    const files = this.orphans.get(key) ?? [];
    this.orphans.delete(key);
    return files.filter((file) => !file.tracker && this.known.get(file.id) === file);
  }

  /** Offset of a path in Promtail's file. */
  offset(path: string): number | undefined {
    const text = this.legacy.get(path);
    const offset = text === undefined ? NaN : Number(text);
    return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
  }

  /** Starts following a file, new or known (`known` from `records`). */
  track(file: Omit<FileRecord, 'id'>, start: { record: FileRecord } | { offset: number }): Tracker {
    const clients = Math.max(1, this.options.clients.length);
    const from = 'record' in start ? this.known.get(start.record.id) : undefined;
    const id = from?.id ?? this.nextId++;
    const tracker = from ? this.trackerOf(from) : new Tracker(id, clients, 'offset' in start ? start.offset : 0);
    this.keep({ ...file, id, stored: this.stateOf(tracker), tracker, current: true });
    this.dirty = true;
    this.append({ file: { ...file, id, stored: this.stateOf(tracker) } });
    return tracker;
  }

  /** The file goes by another name, or has more first bytes than before. */
  update(id: number, change: Partial<Pick<FileRecord, 'path' | 'fingerprint'>>): void {
    const file = this.known.get(id);
    if (file) {
      if (change.fingerprint && file.tracker) {
        this.append({ fingerprint: { id, fingerprint: change.fingerprint } });
      }
      this.keep(Object.assign(file, change, change.path === undefined ? {} : { current: true }));
      this.dirty = true;
    }
  }

  /** The path belongs to another file now (or to none); this one is read to its end. */
  rotated(id: number): void {
    const file = this.known.get(id);
    if (file?.current) {
      file.current = false;
      this.legacy.delete(file.path);
      this.dirty = true;
    }
  }

  /** The file is read and delivered to its end, or gone. */
  forget(id: number): void {
    const file = this.known.get(id);
    if (!file) {
      return;
    }
    this.rotated(id);
    this.known.delete(id);
    if (this.replayed) {
      this.append({ gone: id });
    }
    for (const [index, key] of [[this.byPath, pathKey(file.target, file.path)], [this.byInode, inodeKey(file.target, file.dev, file.ino)]] as const) {
      if (index.get(key) === file) {
        index.delete(key);
      }
    }
  }

  /** No longer read, but remembered (the target is gone from the configuration). */
  release(id: number): void {
    const file = this.known.get(id);
    if (file?.tracker) {
      file.stored = this.stateOf(file.tracker);
      this.note(file, file.tracker.low);
      file.tracker = undefined;
    }
  }

  cursor(key: string): string | undefined {
    return this.legacy.get(key);
  }

  setCursor(key: string, value: string): void {
    this.legacy.set(key, value);
    this.dirty = true;
  }

  start(syncPeriodMs: number): void {
    this.timer = setInterval(() => this.sync(), syncPeriodMs);
  }

  stop(): void {
    clearInterval(this.timer);
    this.dirty = true;
    this.sync();
    this.rewriteJournal();
  }

  /** Writes Promtail's file when something moved, and a shorter journal when it has grown. */
  sync(): void {
    if (!this.dirty) {
      return;
    }
    this.dirty = false;
    this.noteAll();
    dropVanished(this.legacy);
    this.guarded(() => writePromtailPositions(this.options.file, this.legacy));
    if (this.appendedBytes > Math.max(journalBytesMin, this.snapshotBytes)) {
      this.rewriteJournal();
    }
  }

  /** Brings the offsets of Promtail's file up to date: for a path that several jobs read, the lowest. */
  private noteAll(): void {
    const lows = new Map<string, number>();
    for (const file of this.known.values()) {
      if (file.current && file.tracker) {
        lows.set(file.path, Math.min(lows.get(file.path) ?? Infinity, file.tracker.low));
      }
    }
    for (const [path, low] of lows) {
      this.legacy.set(path, String(low));
    }
  }

  private note(file: Known, low: number): void {
    if (file.current) {
      this.legacy.set(file.path, String(low));
    }
  }

  private keep(file: Known): void {
    this.known.set(file.id, file);
    this.byInode.set(inodeKey(file.target, file.dev, file.ino), file);
    const key = pathKey(file.target, file.path);
    const before = this.byPath.get(key);
    if (before && before !== file && file.current) {
      before.current = before.id === file.id;
    }
    if (file.current) {
      this.byPath.set(key, file);
    }
  }

  private trackerOf(file: Known): Tracker {
    const { clients } = this.options;
    const low = Math.min(...Object.values(file.stored).map((state) => state[0]), Infinity);
    const tracker = new Tracker(file.id, Math.max(1, clients.length), Number.isFinite(low) ? low : 0);
    tracker.restore(clients.map((client) => file.stored[client] ?? [Number.isFinite(low) ? low : 0]));
    return tracker;
  }

  private stateOf(tracker: Tracker): Record<string, number[]> {
    const state = tracker.state();
    return Object.fromEntries(this.options.clients.map((client, i) => [client, state[i]]));
  }

  private readJournal(): string | undefined {
    let text: string;
    try {
      text = readFileSync(this.journalFile, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
    let agent: string | undefined;
    for (const line of text.split('\n')) {
      const parsed = line === '' ? undefined : parseLine(line);
      if (parsed && 'v' in parsed) {
        agent = parsed.agent;
      } else if (parsed) {
        this.replay(parsed);
      }
    }
    for (const file of this.known.values()) {
      const key = pathKey(file.target, file.path);
      this.orphans.set(key, [...(this.orphans.get(key) ?? []), file]);
    }
    return agent;
  }

  private replay(line: Exclude<JournalLine, { v: 1 }>): void {
    if ('file' in line) {
      this.keep({ ...line.file, tracker: undefined, current: true });
      this.nextId = Math.max(this.nextId, line.file.id + 1);
    } else if ('sent' in line) {
      this.open.set(intentKey(line.sent.client, line.sent.tenant), line.sent);
      this.noteSequence(line.sent.client, line.sent.tenant, line.sent.sequence);
    } else if ('gone' in line) {
      this.forget(line.gone);
    } else if ('fingerprint' in line) {
      this.update(line.fingerprint.id, { fingerprint: line.fingerprint.fingerprint });
    } else {
      const { client, tenant, sequence, ranges } = line.taken;
      if (ranges) {
        this.apply(client, ranges);
      }
      const intent = this.open.get(intentKey(client, tenant));
      if (intent?.sequence === sequence) {
        this.apply(client, intent.ranges);
        this.open.delete(intentKey(client, tenant));
      }
      this.noteSequence(client, tenant, sequence);
    }
  }

  private get journalFile(): string {
    return `${this.options.file}.binocle`;
  }

  private rewriteJournal(): void {
    const lines: JournalLine[] = [{ v: 1, agent: this.agent }];
    for (const file of this.known.values()) {
      if (file.tracker) {
        file.stored = this.stateOf(file.tracker);
      }
      const { id, target, path, dev, ino, fingerprint, stored } = file;
      lines.push({ file: { id, target, path, dev, ino, fingerprint, stored } });
    }
    for (const [key, sequence] of this.sequences) {
      const [client, tenant] = key.split('\u0000');
      lines.push({ taken: { client, tenant, sequence } });
    }
    // After the sequences: a push in doubt has the highest one, and must stay in doubt.
    for (const intent of this.open.values()) {
      lines.push({ sent: intent });
    }
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    this.guarded(() => writeAside(this.journalFile, text));
    this.snapshotBytes = text.length;
    this.appendedBytes = 0;
  }

  private append(line: JournalLine): void {
    const text = `${JSON.stringify(line)}\n`;
    this.appendedBytes += text.length;
    this.guarded(() => appendFileSync(this.journalFile, text));
  }

  /** A disk that refuses must not stop delivery; it is said once until it works again. */
  private guarded(write: () => void): void {
    if (this.options.readOnly) {
      return;
    }
    try {
      write();
      this.writable = true;
    } catch (error) {
      if (this.writable) {
        this.options.log.error('cannot write positions; after a restart lines may be sent again', { error: (error as Error).message });
      }
      this.writable = false;
      this.dirty = true;
    }
  }
}

function intentKey(client: string, tenant: string): string {
  return `${client}\u0000${tenant}`;
}

/** Undefined for a line that a crash cut off. */
function parseLine(line: string): JournalLine | undefined {
  try {
    return JSON.parse(line) as JournalLine;
  } catch {
    // Only the last line can be torn, and it speaks of a push that was not sent yet or will be asked for.
    return undefined;
  }
}

function pathKey(target: string, path: string): string {
  return `${target}\u0000${path}`;
}

function inodeKey(target: string, dev: number, ino: number): string {
  return `${target}\u0000${dev}:${ino}`;
}
