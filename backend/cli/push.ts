import { parseFlags } from '../config/flags';
import { nowNs } from '../model/time';
import { labelFlags, serverAddress } from './client';
import { linesOf } from './lines';
import { lineTimeNs } from './lineTime';
import { Sender } from './sender';

/** A line waits so long for others before it is sent. */
const waitMsMax = 500;

/** `binocle push`: standard input, line by line. */
export async function push(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const flags = parseFlags(words, new Set(['time-from-line', 'help', 'h']));
  const labels = labelFlags(flags);
  if (Object.keys(labels).length === 0) {
    throw new Error('say which stream: --label job=NAME');
  }
  const sender = new Sender(serverAddress(flags, env));
  const fromLine = flags.values.has('time-from-line');
  let lastNs = 0n;
  // A failure stays with the sender: the next flush, at the latest the last one, throws it.
  const timer = setInterval(() => void sender.flush().catch(() => undefined), waitMsMax);
  try {
    for await (const line of linesOf(process.stdin)) {
      const now = nowNs();
      // Lines of one millisecond keep their order by a nanosecond each.
      const tsNs = (fromLine ? lineTimeNs(line, new Date().getUTCFullYear()) : undefined) ?? (now > lastNs ? now : lastNs + 1n);
      lastNs = tsNs;
      await sender.add(labels, tsNs, line);
    }
    await sender.flush();
  } finally {
    clearInterval(timer);
  }
  return sender.report('sent');
}
