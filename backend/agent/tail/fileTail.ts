import { closeSync, fstatSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { LabelSet } from '../labelSet';
import type { Log } from '../log';
import type { AgentMetrics } from '../metrics';
import type { JobOutput } from '../output';
import type { FileRecord, Positions } from '../positions/positions';
import type { Descriptors } from './descriptors';
import { type LineReader, lineBytesMax } from './lines';
import { digestOf, OpenFile, openForReading } from './openFile';

/** What all tails of an agent share. */
export interface TailShared {
  positions: Positions;
  descriptors: Descriptors;
  metrics: AgentMetrics;
  log: Log;
  /** Read buffer; it grows to the longest line and is used by one tail at a time. */
  scratch: { bytes: Buffer };
  /** Files that are being read, by target and inode: a file that was renamed to another path of its target is recognised. */
  byInode: Map<string, { tail: FileTail; file: OpenFile }>;
}

/** A renamed file is watched this long after its last growth: writers keep their descriptor for a while after logrotate. */
const renamedGraceMs = 30_000;
/** A deleted file can only be written by whoever still has it open. */
const deletedGraceMs = 5_000;
/** Whoever has had no turn for so long begins to wait anew: the machine was suspended, and the tail of the file's new name had no turn either. */
const suspendedMs = 10_000;
/** An unreadable file is tried again this often. */
const retryMs = 10_000;

/** How a turn ended. */
export type Turn = 'idle' | 'read' | 'more' | 'paused';

/**
 * One path of one target. Follows the path from file to file: what was renamed away or deleted is read to its end before it is forgotten,
 * what was cut or replaced under the same inode is read from the start.
 */
export class FileTail {
  private file: OpenFile | undefined;
  /** Files that had this path before and may still grow. */
  private readonly former: OpenFile[] = [];
  private complained = false;
  private retryAtMs = 0;
  private started = false;
  /** When something was last read or changed. */
  activeMs: number;

  constructor(
    readonly target: string,
    readonly path: string,
    readonly labels: LabelSet,
    private readonly reader: LineReader,
    readonly output: JobOutput,
    private readonly shared: TailShared,
    nowMs: number
  ) {
    this.activeMs = nowMs;
  }

  get busy(): boolean {
    return this.former.length > 0;
  }

  /** The path is gone but not everything is read. */
  get holdsOn(): boolean {
    return this.former.length > 0 || this.file !== undefined;
  }

  /** Looks once and reads at most `bytesMax`. */
  turn(nowMs: number, bytesMax: number): Turn {
    let turn: Turn = 'idle';
    for (const file of [...this.former]) {
      turn = stronger(turn, this.readFormer(file, nowMs, bytesMax));
    }
    const stats = statSync(this.path, { throwIfNoEntry: false });
    const left = this.file && (!stats || !this.file.isSame(stats)) ? this.file : undefined;
    if (left) {
      this.leave(left, nowMs);
      turn = stronger(turn, this.readFormer(left, nowMs, bytesMax));
    }
    // Also when it can't be read yet: whoever read it under its former path would forget it one day, and it would be read twice.
    if (!this.file && stats?.isFile() && nowMs >= this.retryAtMs) {
      this.open(nowMs);
    }
    // What was written before the rotation comes before what is in the next file.
    const waits = left && (turn === 'more' || turn === 'paused');
    return this.file && stats?.isFile() && !waits ? stronger(turn, this.readCurrent(this.file, stats, nowMs, bytesMax)) : turn;
  }

  /** Lets go of everything; positions stay. */
  stop(): void {
    for (const file of [...this.former, ...(this.file ? [this.file] : [])]) {
      this.shared.descriptors.close(file);
      this.shared.byInode.delete(this.key(file.dev, file.ino));
      this.shared.positions.release(file.tracker.id);
    }
    this.former.length = 0;
    this.file = undefined;
    const { metrics } = this.shared;
    for (const metric of [metrics.readBytes, metrics.fileBytes, metrics.readLines]) {
      metric.remove({ path: this.path });
    }
  }

  private readCurrent(file: OpenFile, stats: Stats, nowMs: number, bytesMax: number): Turn {
    if (this.shared.positions.inDoubt(file.tracker.id)) {
      return 'idle';
    }
    file.begin();
    if (stats.size === file.size && stats.mtimeMs === file.mtimeMs && stats.size <= file.read) {
      return 'idle';
    }
    if (!this.ensureOpen(file)) {
      return 'idle';
    }
    const changed = stats.size !== file.size || stats.mtimeMs !== file.mtimeMs;
    if (stats.size < file.read || (changed && !file.unchanged(this.shared.scratch.bytes))) {
      this.shared.log.info('file was cut or replaced, reading from the start', { path: this.path });
      this.replace(file, nowMs);
      return 'more';
    }
    if (changed) {
      file.grownMs = nowMs;
      this.activeMs = nowMs;
      file.mtimeMs = stats.mtimeMs;
      this.shared.metrics.fileBytes.set({ path: this.path }, stats.size);
      this.resized(file, stats.size);
    }
    return this.read(file, bytesMax, false);
  }

  /** More of the first bytes may be there: the journal learns them before a position is reached. */
  private resized(file: OpenFile, size: number): void {
    file.size = size;
    if (file.learn(size, this.shared.scratch.bytes)) {
      this.shared.positions.update(file.tracker.id, { fingerprint: file.fingerprint });
    }
  }

  /** Reads what a former file still gives; lets it go when it has not grown for a while. */
  private readFormer(file: OpenFile, nowMs: number, bytesMax: number): Turn {
    if (this.shared.positions.inDoubt(file.tracker.id)) {
      return 'idle';
    }
    file.begin();
    if (!this.ensureOpen(file)) {
      this.forget(file);
      return 'idle';
    }
    const stats = file.stat()!;
    if (nowMs - file.lookedMs > suspendedMs) {
      file.grownMs = nowMs;
    }
    file.lookedMs = nowMs;
    if (stats.size !== file.size) {
      file.grownMs = Math.max(file.grownMs, nowMs);
      this.resized(file, stats.size);
    }
    if (stats.size > file.read) {
      const before = file.read;
      const turn = this.read(file, bytesMax, false);
      if (turn === 'paused' || turn === 'more' || file.read > before) {
        return turn;
      }
    }
    if (nowMs - file.grownMs < (stats.nlink === 0 ? deletedGraceMs : renamedGraceMs)) {
      return 'idle';
    }
    // The file has ended for good: a last line without its ending is a line.
    const turn = stats.size > file.read ? this.read(file, bytesMax, true) : 'idle';
    if (turn === 'paused') {
      return turn;
    }
    this.forget(file);
    return turn;
  }

  /** @param last the end of the file is the end of its last line. */
  private read(file: OpenFile, bytesMax: number, last: boolean): Turn {
    const { scratch, metrics, descriptors } = this.shared;
    descriptors.use(file);
    let budget = bytesMax;
    while (budget > 0) {
      if (this.output.paused) {
        return 'paused';
      }
      const length = readSync(file.fd!, scratch.bytes, 0, scratch.bytes.length, file.read);
      let end = this.reader.endOfLines(scratch.bytes, length, file.read);
      if (end === 0 && length === scratch.bytes.length) {
        if (length < lineBytesMax) {
          scratch.bytes = Buffer.allocUnsafe(length * 2);
          continue;
        }
        this.shared.log.warn('line is too long and is cut', { path: this.path, bytes: lineBytesMax });
        end = length;
      } else if (end === 0 && last) {
        end = length;
      }
      if (end === 0) {
        this.reachedEnd(file);
        return budget < bytesMax ? 'read' : 'idle';
      }
      const { taken, lines } = this.reader.handOn(scratch.bytes, end, file.read, file.labels, file.tracker, this.output);
      file.advance(file.read + taken, scratch.bytes.subarray(0, taken));
      metrics.readLines.inc({ path: this.path }, lines);
      metrics.readBytes.set({ path: this.path }, file.read);
      budget -= taken;
      if (taken < end) {
        return 'paused';
      }
      if (length < scratch.bytes.length && end === length) {
        this.reachedEnd(file);
        return 'read';
      }
    }
    return 'more';
  }

  private reachedEnd(file: OpenFile): void {
    if (file.labelsNext) {
      file.labels = file.labelsNext;
      file.labelsNext = undefined;
    }
  }

  /** Finds out which file the path is now, and where reading goes on. */
  private open(nowMs: number): void {
    let fd: number;
    try {
      fd = openForReading(this.path);
    } catch (error) {
      this.complain(error as NodeJS.ErrnoException, nowMs);
      return;
    }
    this.complained = false;
    const stats = fstatSync(fd);
    if (!this.started) {
      this.started = true;
      this.takeUpFormer(stats, nowMs);
    }
    this.file = this.adopt(stats, fd) ?? this.resume(stats, fd, nowMs);
    this.shared.descriptors.use(this.file);
    this.shared.byInode.set(this.key(stats.dev, stats.ino), { tail: this, file: this.file });
    this.activeMs = nowMs;
    this.shared.metrics.readBytes.set({ path: this.path }, this.file.read);
    this.shared.metrics.readLines.inc({ path: this.path }, 0);
    this.shared.log.debug('tailing file', { path: this.path, offset: this.file.read });
  }

  /** The file under this path is one that another path of the target was reading: it goes on here. */
  private adopt(stats: Stats, fd: number): OpenFile | undefined {
    const known = this.shared.byInode.get(this.key(stats.dev, stats.ino));
    if (!known || known.tail === this || !known.tail.giveUp(known.file)) {
      return undefined;
    }
    const { file } = known;
    this.shared.descriptors.close(file);
    file.fd = fd;
    file.path = this.path;
    file.labelsNext = this.labels;
    this.shared.positions.update(file.tracker.id, { path: this.path });
    this.shared.log.info('file was renamed within the target, reading goes on', { path: this.path, offset: file.read });
    return file;
  }

  /** Hands a file over to another tail, if its path has left it. */
  private giveUp(file: OpenFile): boolean {
    const i = this.former.indexOf(file);
    if (i >= 0) {
      this.former.splice(i, 1);
      return true;
    }
    const stats = statSync(this.path, { throwIfNoEntry: false });
    if (this.file !== file || (stats && file.isSame(stats))) {
      return false;
    }
    this.file = undefined;
    return true;
  }

  /** A file of an earlier run goes on where it stood; a new one starts at 0, or where Promtail's file says. */
  private resume(stats: Stats, fd: number, nowMs: number): OpenFile {
    const { positions, scratch } = this.shared;
    const record = positions.findInode(this.target, stats.dev, stats.ino);
    const bytes = scratch.bytes;
    const isRecord = record && stats.size >= record.fingerprint.length && digestOf(fd, record.fingerprint.length, bytes) === record.fingerprint.digest;
    const before = isRecord ? undefined : positions.findPath(this.target, this.path);
    // A record under this path says which file the offset in Promtail's file belongs to: not this one.
    const legacy = record || before ? undefined : positions.offset(this.path);
    const file = this.track(stats, fd, isRecord ? record : undefined, legacy !== undefined && legacy <= stats.size ? legacy : 0, nowMs);
    if (record && !isRecord) {
      positions.forget(record.id);
    }
    return file;
  }

  private track(stats: Stats, fd: number, record: FileRecord | undefined, offset: number, nowMs: number): OpenFile {
    const { positions, scratch } = this.shared;
    const length = Math.min(scratch.bytes.length, stats.size, 1_024);
    const fingerprint = { length, digest: digestOf(fd, length, scratch.bytes) };
    const identity = { target: this.target, path: this.path, dev: stats.dev, ino: stats.ino, fingerprint };
    const tracker = positions.track(identity, record ? { record } : { offset });
    const file = new OpenFile(stats.dev, stats.ino, this.path, this.labels, tracker, nowMs);
    file.fd = fd;
    file.fingerprint = fingerprint;
    return file;
  }

  /** At the start: files that had this path in an earlier run and were rotated since are looked for beside it, and read to their end. */
  private takeUpFormer(current: Stats, nowMs: number): void {
    const { positions } = this.shared;
    const records = positions.orphansOf(this.target, this.path).filter((record) => record.ino !== current.ino || record.dev !== current.dev);
    if (records.length === 0) {
      return;
    }
    for (const record of records) {
      const found = findByInode(path.dirname(this.path), record);
      if (!found || this.shared.byInode.has(this.key(record.dev, record.ino))) {
        this.shared.positions.forget(record.id);
        continue;
      }
      const fd = openForReading(found);
      const stats = fstatSync(fd);
      if (stats.size < record.fingerprint.length || digestOf(fd, record.fingerprint.length, this.shared.scratch.bytes) !== record.fingerprint.digest) {
        closeSync(fd);
        positions.forget(record.id);
        continue;
      }
      const file = this.track(stats, fd, record, 0, nowMs);
      positions.rotated(file.tracker.id);
      file.path = found;
      this.shared.descriptors.use(file);
      this.shared.byInode.set(this.key(file.dev, file.ino), { tail: this, file });
      this.former.push(file);
      this.shared.log.info('reading the end of a file that was rotated meanwhile', { path: found, offset: file.read });
    }
  }

  /** The path has left the file (rotation, deletion). */
  private leave(file: OpenFile, nowMs: number): void {
    this.file = undefined;
    file.grownMs = nowMs;
    file.lookedMs = nowMs;
    this.activeMs = nowMs;
    this.shared.positions.rotated(file.tracker.id);
    this.former.push(file);
  }

  /** Same inode, new content. */
  private replace(file: OpenFile, nowMs: number): void {
    const fd = file.fd!;
    file.fd = undefined;
    this.shared.descriptors.close(file);
    this.shared.positions.forget(file.tracker.id);
    this.file = this.track(fstatSync(fd), fd, undefined, 0, nowMs);
    this.shared.descriptors.use(this.file);
    this.shared.byInode.set(this.key(file.dev, file.ino), { tail: this, file: this.file });
  }

  private forget(file: OpenFile): void {
    this.shared.descriptors.close(file);
    this.former.splice(this.former.indexOf(file), 1);
    if (this.shared.byInode.get(this.key(file.dev, file.ino))?.file === file) {
      this.shared.byInode.delete(this.key(file.dev, file.ino));
    }
    const { positions } = this.shared;
    const { tracker } = file;
    const done = () => {
      if (tracker.low >= file.read) {
        tracker.onProgress = undefined;
        positions.forget(tracker.id);
      }
    };
    tracker.onProgress = done;
    done();
  }

  /** Opens a file whose descriptor was closed to save descriptors. False when it is gone. */
  private ensureOpen(file: OpenFile): boolean {
    if (file.fd !== undefined) {
      return true;
    }
    const candidates = [file.path, findByInode(path.dirname(this.path), file)].filter((name) => name !== undefined);
    for (const name of candidates) {
      const stats = statSync(name, { throwIfNoEntry: false });
      if (stats && file.isSame(stats)) {
        try {
          file.fd = openForReading(name);
        } catch (error) {
          this.complain(error as NodeJS.ErrnoException, Date.now());
          return false;
        }
        file.path = name;
        this.shared.descriptors.use(file);
        return true;
      }
    }
    return false;
  }

  private complain(error: NodeJS.ErrnoException, nowMs: number): void {
    this.retryAtMs = nowMs + retryMs;
    if (error.code === 'ENOENT') {
      this.retryAtMs = 0;
      return;
    }
    if (!this.complained) {
      this.complained = true;
      this.shared.metrics.targetsFailed.inc({ reason: 'reader' });
      this.shared.log.warn('cannot read file, will try again', { path: this.path, error: error.message });
    }
  }

  private key(dev: number, ino: number): string {
    return `${this.target}\u0000${dev}:${ino}`;
  }
}

const strength: Record<Turn, number> = { idle: 0, read: 1, paused: 2, more: 3 };

function stronger(a: Turn, b: Turn): Turn {
  return strength[a] >= strength[b] ? a : b;
}

/** Entries of a directory that are looked at when a file is searched by its inode. */
const searchEntriesMax = 20_000;

/** The name of a file in a directory by its identity: logrotate renames within the directory. */
function findByInode(directory: string, identity: { dev: number; ino: number }): string | undefined {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    // The directory is gone, and the file with it.
    return undefined;
  }
  for (const name of names.slice(0, searchEntriesMax)) {
    const file = path.join(directory, name);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats && stats.ino === identity.ino && stats.dev === identity.dev) {
      return file;
    }
  }
  return undefined;
}
