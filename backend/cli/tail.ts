import { WebSocket } from 'ws';
import type { TailFrame } from '../../src/wire';
import type { ServerAddress } from './client';
import { entryPrinter, merged, type EntryFormat } from './entries';

/** How long after a lost connection the next try comes. */
const retryMs = 2_000;

/** Prints what comes in until it is stopped; a lost connection is taken up again where it broke. */
export async function follow(server: ServerAddress, query: string, { output, colour, limit }: { output: EntryFormat; colour: boolean; limit: number }): Promise<number> {
  const print = entryPrinter(output, colour, new Set());
  let sinceNs: bigint | undefined;
  for (;;) {
    const params = new URLSearchParams({ query, limit: String(sinceNs === undefined ? limit : 5_000), ...(sinceNs === undefined ? {} : { start: String(sinceNs + 1n) }) });
    const ended = await connect(`${server.base.replace(/^http/, 'ws')}/loki/api/v1/tail?${params}`, server.headers, (frame) => {
      for (const entry of merged(frame.streams, true)) {
        process.stdout.write(`${print(entry)}\n`);
        sinceNs = sinceNs === undefined || entry.tsNs > sinceNs ? entry.tsNs : sinceNs;
      }
      if (frame.dropped_entries) {
        process.stderr.write(`${frame.dropped_entries.length} lines came too fast and are left out\n`);
      }
    });
    if (ended.stopped) {
      return 0;
    }
    if (ended.refused !== undefined) {
      throw new Error(ended.refused);
    }
    process.stderr.write('the connection broke; trying again\n');
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

/** Resolves when the connection is over: stopped by the user, refused by the server, or lost. */
function connect(url: string, headers: Record<string, string>, take: (frame: TailFrame) => void): Promise<{ stopped?: boolean; refused?: string }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers });
    const stop = (): void => {
      resolve({ stopped: true });
      socket.close();
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    const end = (how: { refused?: string }): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve(how);
    };
    socket.on('message', (data) => take(JSON.parse(String(data)) as TailFrame));
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => end({ refused: `${response.statusCode} ${text.trim()}` }));
    });
    socket.on('close', (code, reason) => end(code === 1011 ? { refused: String(reason) } : {}));
    socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
  });
}
