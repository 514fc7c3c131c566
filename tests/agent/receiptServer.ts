import { createServer } from 'node:http';
import { readReceipt, receiptPath } from '../../backend/model/receiptHeaders';
import { decodePush, openForPushes, type Pushed } from './pushServer';

/** What goes wrong with a push: before it is stored, or after (the answer is lost). */
export type Trouble = 'none' | 'reset before' | 'reset after' | 500 | 429;

export interface ReceiptServer {
  url: string;
  entries: Pushed[];
  /** Asked for each push. */
  trouble: () => Trouble;
  /** Away: every request fails, also the question for receipts. */
  away: boolean;
  close(): Promise<void>;
}

/** A server that keeps receipts as Binocle does: a sequence it has seen is acknowledged and not stored again. */
export async function startReceiptServer(): Promise<ReceiptServer> {
  const last = new Map<string, number>();
  const state: ReceiptServer = { url: '', entries: [], trouble: () => 'none', away: false, close: async () => undefined };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (state.away) {
        request.socket.destroy();
        return;
      }
      if (request.url?.startsWith(receiptPath)) {
        const agent = new URL(request.url, 'http://x').searchParams.get('agent')!;
        response.end(JSON.stringify({ agent, sequence: last.get(agent) ?? 0, state: '' }));
        return;
      }
      const trouble = state.trouble();
      if (trouble === 'reset before') {
        request.socket.destroy();
        return;
      }
      if (typeof trouble === 'number') {
        response.writeHead(trouble, { 'retry-after': '0' }).end();
        return;
      }
      const receipt = readReceipt(request.headers)!;
      if (receipt.sequence > (last.get(receipt.agent) ?? 0)) {
        last.set(receipt.agent, receipt.sequence);
        state.entries.push(...decodePush(Buffer.concat(parts), request));
      }
      if (trouble === 'reset after') {
        request.socket.destroy();
        return;
      }
      response.writeHead(204).end();
    });
  });
  await openForPushes(server, state);
  return state;
}
