import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DecompressStream } from 'zstd-napi';
import { parseFlags } from '../config/flags';
import { labelFlags, serverAddress } from './client';
import { importFromLoki } from './importLoki';
import { linesOf } from './lines';
import { lineTimeNs } from './lineTime';
import { Progress } from './progress';
import { Sender } from './sender';

/** `binocle import FILE...` and `binocle import --from-loki URL`. */
export async function importCommand(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const flags = parseFlags(words, new Set(['quiet', 'help', 'h']));
  const server = serverAddress(flags, env);
  const progress = new Progress(process.stderr.isTTY === true && !flags.values.has('quiet'));
  if (flags.values.has('from-loki')) {
    return importFromLoki(flags, env, server, progress);
  }
  if (flags.arguments.length === 0) {
    throw new Error('which files? (or --from-loki URL)');
  }
  const labels = labelFlags(flags);
  const sender = new Sender(server);
  let untimed = 0;
  for (const file of flags.arguments) {
    untimed += await importFile(file, { job: 'import', ...labels }, Number(flags.values.get('year') ?? 0), sender, progress);
  }
  await sender.flush();
  progress.clear();
  if (untimed > 0) {
    process.stderr.write(`${untimed} lines without a time of their own got the time of the line before (or of the file)\n`);
  }
  return sender.report('taken in');
}

/** @returns lines in which no time was found. */
async function importFile(file: string, labels: Record<string, string>, year: number, sender: Sender, progress: Progress): Promise<number> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw new Error(stat ? `${file} is no file; name the files in it, such as ${path.join(file, '*.log')}` : `there is no file ${file}`);
  }
  const yearOfFile = year || stat.mtime.getUTCFullYear();
  const source = createReadStream(file);
  let lastNs = BigInt(Math.trunc(stat.mtimeMs)) * 1_000_000n;
  let untimed = 0;
  const streamLabels = { ...labels, filename: path.resolve(file) };
  for await (const line of linesOf(unpacked(source, file))) {
    const found = lineTimeNs(line, yearOfFile);
    if (found === undefined) {
      untimed++;
    }
    // A line without a time follows the one before; a nanosecond keeps their order.
    lastNs = found ?? lastNs + 1n;
    await sender.add(streamLabels, lastNs, line);
    progress.show(`${file}: ${((100 * source.bytesRead) / Math.max(1, stat.size)).toFixed(0)} %, ${sender.lines} lines`);
  }
  return untimed;
}

function unpacked(source: Readable, file: string): Readable {
  if (/\.gz$/i.test(file)) {
    return forwardErrors(source, createGunzip());
  }
  return /\.(zst|zstd)$/i.test(file) ? forwardErrors(source, new DecompressStream()) : source;
}

function forwardErrors<Through extends Readable & NodeJS.WritableStream>(source: Readable, through: Through): Through {
  source.on('error', (error) => through.destroy(error));
  return source.pipe(through);
}
