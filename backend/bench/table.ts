import os from 'node:os';
import { repeats, type Asked, type Measured } from './measure';

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

/** A column for each server and size, a row for each number. */
export function table(all: Measured[]): string {
  const row = (name: string, goal: string, cell: (measured: Measured) => string): string => `| ${name} | ${goal} | ${all.map(cell).join(' | ')} |`;
  const servers = new Set(all.map(({ name }) => name)).size;
  const rows = [
    row('', 'goal at 2 M', (m) => `${servers > 1 ? `${m.name}, ` : ''}${(m.lines / 1e6).toFixed(1)} M lines`),
    row('---', '---', () => '---'),
    row('text', '', (m) => mb(m.textBytes)),
    // servers that take each body together go as fast as the slowest
    ...(servers > 1 ? [] : [row('lines per second taken in', '', (m) => Math.round(m.linesPerSecond).toLocaleString('en'))]),
    row('CPU seconds of the server to take it in', '6', (m) => m.cpuSeconds.toFixed(2)),
    row('CPU seconds to merge and tidy', '', (m) => m.compactSeconds.toFixed(2)),
    row('CPU seconds to warm up, once', '', (m) => m.warmUpSeconds.toFixed(2)),
    row('peak memory while taking in', '256 MB', (m) => mb(m.peakBytes)),
    row('peak memory while querying', '256 MB', (m) => mb(m.queryPeakBytes)),
    row('on disk, index included', '60 MB', (m) => (m.diskBytes === undefined ? '-' : mb(m.diskBytes))),
    ...all[0].queries.map(({ query }, i) => row(`${query.name} (ms: first, best, median; CPU)`, String(query.goalMs), (m) => timesOf(m.queries[i]))),
  ];
  return rows.join('\n');
}

function timesOf({ times, refused }: Asked): string {
  return times ? `${ms(times.firstMs)}, ${ms(times.bestMs)}, ${ms(times.medianMs)}; ${ms(times.cpuMs)}` : `- (${refused})`;
}

const marker = (section: string): [start: string, end: string] => [`<!-- ${section}: what follows is written by the command -->`, `<!-- /${section} -->`];

/**
 * The text of a document with the table in it, between the marks of its section; without them the table goes to its end.
 *
 * @param command what was run, as a user types it
 */
export function withTable(before: string, section: string, command: string, all: Measured[]): string {
  const [start, end] = marker(section);
  const [from, to] = [before.indexOf(start), before.indexOf(end)];
  const text = `${start}\n\nWritten by \`${command}\` on ${machine()}; each question ${repeats} times.\n\n${table(all)}\n\n${end}`;
  return from < 0 || to < from ? `${before}${before && '\n'}${text}\n` : `${before.slice(0, from)}${text}${before.slice(to + end.length)}`;
}

const machine = (): string => `${os.cpus().length} cores (${os.cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}`;
