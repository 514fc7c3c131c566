import assert from 'node:assert/strict';
import { closeSync, existsSync, lstatSync, mkdtempSync, openSync, readdirSync, readlinkSync, renameSync, rmSync, truncateSync, unlinkSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Random } from '../../bench/random';
import type { EntrySink } from '../client/client';
import { LineClock } from '../clock';
import { LabelSet } from '../labelSet';
import type { Log } from '../log';
import { AgentMetrics } from '../metrics';
import { JobOutput } from '../output';
import { Positions } from '../positions/positions';
import type { Tracker } from '../tracker';
import { Descriptors } from './descriptors';
import { FileTail, type TailShared } from './fileTail';
import { plainLines } from './lines';

/**
 * Files of one directory are written, rotated, cut and deleted while tails read them, time passes and the agent ends in every way: each line
 * is delivered exactly once, those of one file in their order. Everything but the disk is simulated, the time too.
 */

/** Given with commas between, or those that once found a fault and a new one. */
const seeds = process.env.SEED?.split(',').map(Number) ?? [3333, 44444, 129, Math.floor(Math.random() * 1e9)];
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
/** Names that the target matches; what is renamed beyond the last one is out of it, in the same directory. */
const names = ['log', 'log.1', 'log.2'];
const outside = 'old';

/** A file as whoever writes it knows it. */
interface Written {
  number: number;
  fd: number;
  name: string | undefined;
  lines: number;
  part: string;
  /** Until when a file without a name of the target may still grow. */
  untilMs: number;
}

/** The server: takes what it was sent when told to. */
class Sink implements EntrySink {
  readonly name = 'sink';
  readonly delivered: string[] = [];
  sent: Array<{ line: string; tracker: Tracker; from: number; to: number }> = [];
  full = false;
  private sequence = 0;

  addBytes(_labels: LabelSet, _seconds: number, _nanos: number, source: Uint8Array, start: number, end: number, tracker: Tracker, from: number, to: number): void {
    if (from >= tracker.skipBelow || !tracker.isFinished(0, from, to)) {
      this.sent.push({ line: Buffer.from(source.subarray(start, end)).toString(), tracker, from, to });
    }
  }

  add(): void {
    assert.fail('lines come as bytes');
  }

  deliver(count: number, positions: Positions): void {
    const taken = this.sent.splice(0, count);
    const ranges: Record<string, number[]> = {};
    taken.forEach(({ tracker, from, to }) => (ranges[tracker.id] ??= []).push(from, to));
    positions.sent({ client: this.name, tenant: '', sequence: ++this.sequence, ranges });
    taken.forEach(({ line, tracker, from, to }) => {
      this.delivered.push(line);
      tracker.finish(0, from, to);
    });
    positions.taken(this.name, '', this.sequence);
  }

  async stop(): Promise<void> {
    this.sent = [];
  }
}

class World {
  readonly sink = new Sink();
  readonly files: Written[] = [];
  readonly expected: string[] = [];
  nowMs = Date.now();
  private created = 0;
  positions!: Positions;
  private shared!: TailShared;
  private tails = new Map<string, FileTail>();

  constructor(
    readonly dir: string,
    readonly random: Random,
    private readonly openFilesMax: number
  ) {
    this.start();
  }

  start(): void {
    this.positions = new Positions({ file: path.join(this.dir, '..', 'positions.yaml'), ignoreInvalid: false, clients: [this.sink.name], readOnly: false, log: silent });
    this.shared = {
      positions: this.positions, descriptors: new Descriptors(this.openFilesMax), metrics: new AgentMetrics(), log: silent,
      scratch: { bytes: Buffer.allocUnsafe(1_024) }, byInode: new Map(),
    };
    this.tails = new Map();
  }

  /** The agent ends; with a crash nothing is written down any more. */
  end(crash: boolean): void {
    if (crash) {
      this.shared.descriptors.closeAll();
    } else {
      this.tails.forEach((tail) => tail.stop());
      this.positions.stop();
    }
    this.sink.sent = [];
  }

  /** One round of the agent: new names are found, every tail has its turn; tails that are done go. */
  poll(bytesMax = this.random.pick([100, 3_000, 1_000_000])): boolean {
    const found = readdirSync(this.dir).filter((name) => names.includes(name));
    for (const name of found.filter((one) => !this.tails.has(one))) {
      const output = new JobOutput('job', undefined, [this.sink], new LineClock(), undefined);
      const file = path.join(this.dir, name);
      this.tails.set(name, new FileTail('target', file, LabelSet.from([['filename', file]]), plainLines, output, this.shared, this.nowMs));
    }
    let more = false;
    for (const [name, tail] of this.tails) {
      if (!found.includes(name) && !tail.holdsOn) {
        tail.stop();
        this.tails.delete(name);
        continue;
      }
      more = tail.turn(this.nowMs, bytesMax) === 'more' || more;
    }
    return more;
  }

  /** Everything that is on disk is read and delivered. */
  settle(): void {
    this.sink.full = false;
    for (let rounds = 0; this.poll() || rounds < 3; rounds++) {
      assert.ok(rounds < 10_000, 'reading does not end');
    }
    this.sink.deliver(Infinity, this.positions);
  }

  /** Nothing is kept of files that have come to their end. */
  checkTidy(): void {
    const present = readdirSync(this.dir).filter((name) => names.includes(name));
    assert.deepEqual([...this.tails.keys()].sort(), present.sort(), 'tails');
    assert.ok([...this.tails.values()].every((tail) => !tail.busy), 'a tail holds on to a file that has ended');
    assert.equal(this.shared.byInode.size, present.length, 'files that are known');
    assert.ok(this.shared.descriptors.count <= Math.min(present.length, this.openFilesMax), 'open files');
  }

  at(name: string): Written | undefined {
    return this.files.find((file) => file.name === name);
  }

  create(name: string): void {
    this.files.push({ number: ++this.created, fd: openSync(path.join(this.dir, name), 'a'), name, lines: 0, part: '', untilMs: Infinity });
  }

  write(file: Written): void {
    let text = '';
    for (let i = this.random.below(20); i >= 0; i--) {
      const rest = `${'x'.repeat(this.random.below(this.random.chance(0.05) ? 3_000 : 60))}`;
      const line = file.part === '' ? `${file.number}:${++file.lines} ${rest}` : rest;
      this.expected.push(file.part + line);
      text += `${line}\n`;
      file.part = '';
    }
    if (this.random.chance(0.3)) {
      file.part = `${file.number}:${++file.lines} part`;
      text += file.part;
    }
    writeSync(file.fd, text);
  }

  finishLine(file: Written): void {
    if (file.part !== '') {
      writeSync(file.fd, '\n');
      this.expected.push(file.part);
      file.part = '';
    }
  }

  /** The file has no name of the target any more, but may grow for a while. */
  leave(file: Written, graceMs: number): void {
    file.name = undefined;
    file.untilMs = this.nowMs + graceMs;
  }

  /** logrotate: every file gets the next name at once, the last one goes. */
  rotate(deletes: boolean): void {
    const last = this.at(names[names.length - 1]);
    if (last) {
      const file = path.join(this.dir, last.name!);
      if (deletes) {
        unlinkSync(file);
      } else {
        renameSync(file, path.join(this.dir, `${outside}.${last.number}`));
      }
      this.leave(last, deletes ? 4_000 : 20_000);
    }
    for (let i = names.length - 2; i >= 0; i--) {
      const file = this.at(names[i]);
      if (file) {
        renameSync(path.join(this.dir, names[i]), path.join(this.dir, names[i + 1]));
        file.name = names[i + 1];
      }
    }
    this.create(names[0]);
  }

  cut(file: Written): void {
    this.finishLine(file);
    this.settle();
    truncateSync(path.join(this.dir, file.name!), 0);
    closeSync(file.fd);
    this.files.splice(this.files.indexOf(file), 1);
    this.create(file.name!);
    this.write(this.files[this.files.length - 1]);
  }

  pass(ms: number): void {
    // who writes to a file that was rotated away ends in time; a line he leaves unfinished is one
    for (const file of this.files.filter((one) => one.untilMs < this.nowMs + ms)) {
      if (file.part !== '') {
        this.expected.push(file.part);
      }
      closeSync(file.fd);
      this.files.splice(this.files.indexOf(file), 1);
    }
    this.nowMs += ms;
  }
}

function step(world: World, deletes: boolean): void {
  const { random, sink } = world;
  const event = random.below(100);
  if (event < 35) {
    world.write(random.pick(world.files));
  } else if (event < 70) {
    sink.full = random.chance(0.1);
    world.poll();
  } else if (event < 82) {
    sink.deliver(random.below(sink.sent.length + 1), world.positions);
  } else if (event < 89) {
    // who never saw a file can't follow it
    sink.full = random.chance(0.3);
    world.poll();
    world.rotate(deletes);
  } else if (event < 91) {
    world.cut(world.at(random.pick(names)) ?? world.at(names[0])!);
  } else if (event < 96) {
    world.pass(random.pick([10, 1_000, 6_000, 40_000]));
  } else {
    if (deletes) {
      // what nobody can open again must have come to its end before
      world.settle();
      world.pass(6_000);
      world.settle();
    }
    world.end(random.chance(0.5));
    world.start();
  }
}

/** Log files that this process still holds open, where the system tells. */
function heldOpen(): string[] {
  const links = existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`) : [];
  return links.filter((link) => lstatSync(link, { throwIfNoEntry: false })).map((link) => readlinkSync(link)).filter((file) => file.includes('binocle-tail-'));
}

/** What is in one list and not in the other: a comparison of long lists takes minutes to show how they differ. */
function difference(some: string[], others: string[]): string[] {
  const counts = new Map<string, number>();
  others.forEach((line) => counts.set(line, (counts.get(line) ?? 0) + 1));
  return some.filter((line) => {
    const count = counts.get(line) ?? 0;
    counts.set(line, count - 1);
    return count <= 0;
  });
}

function checkLines({ sink: { delivered }, expected }: World, where: string): void {
  assert.deepEqual(difference(expected, delivered).slice(0, 10), [], `${where}: lost`);
  assert.deepEqual(difference(delivered, expected).slice(0, 10), [], `${where}: doubled or never written`);
  const last = new Map<string, number>();
  for (const line of delivered) {
    const [file, number] = line.split(/[: ]/);
    assert.ok(Number(number) > (last.get(file) ?? 0), `${where}: line ${number} of file ${file} is out of order`);
    last.set(file, Number(number));
  }
}

function run(seed: number, deletes: boolean, where: string): void {
  const root = mkdtempSync(path.join(os.tmpdir(), 'binocle-tail-'));
  const dir = mkdtempSync(path.join(root, 'logs-'));
  const world = new World(dir, new Random(seed), deletes ? 100 : 2);
  try {
    world.create(names[0]);
    for (let i = 0; i < 120; i++) {
      step(world, deletes);
    }
    world.files.filter((file) => file.name !== undefined).forEach((file) => world.finishLine(file));
    world.settle();
    for (let i = 0; i < 10; i++) {
      world.pass(6_000);
      world.settle();
    }
    world.checkTidy();
    checkLines(world, where);
  } finally {
    world.end(false);
    world.files.forEach((file) => closeSync(file.fd));
    rmSync(root, { recursive: true, force: true });
  }
}

for (const [first, deletes] of seeds.flatMap((one) => [[one, false], [one, true]] as const)) {
  test(`every line once, with ${deletes ? 'files that are deleted' : 'few files open at a time'} (seed ${first})`, () => {
    for (let round = 0; round < 8; round++) {
      run(first + round, deletes, `seed ${first}, round ${round}`);
    }
    assert.deepEqual(heldOpen(), [], `seed ${first}: files were left open`);
  });
}
