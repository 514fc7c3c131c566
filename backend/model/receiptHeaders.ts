import { RequestError, badRequest } from './errors';
import type { Receipt } from './entry';

/**
 * How an agent and a Binocle server agree on exactly-once delivery over Loki's push API. The agent adds three headers to a push; the
 * server stores them as the `Receipt` of the batch, in its transaction (`Store.append(batch, receipt)`), for the tenant of the push.
 * A push whose sequence is not above the stored one was taken before: it is answered 204 and not stored again.
 * After a start the agent asks `GET receiptPath?agent=ID` (same tenant header) what the server took last: the answer is a
 * `ReceiptAnswer` with status 200, with sequence 0 when the server knows no such agent. Loki answers 404, so the agent knows what it talks to.
 * Servers that know nothing of this ignore the headers.
 */
export const receiptHeaders = {
  /** The agent's name for itself: 1 to `receiptAgentCharsMax` characters of `[A-Za-z0-9._:-]`; unique by positions file and client. */
  agent: 'x-binocle-agent',
  /** A whole number above 0, rising by push. */
  sequence: 'x-binocle-sequence',
  /** The agent's own words, percent-encoded (`encodeURIComponent`); absent or empty when they would be too long. */
  state: 'x-binocle-state',
} as const;

export const receiptPath = '/binocle/api/v1/receipt';

export interface ReceiptAnswer {
  agent: string;
  sequence: number;
  state: string;
}

export const receiptAgentCharsMax = 128;

/** Longest state after percent-encoding: Node refuses requests with more than 16 KiB of headers, and proxies often allow 8 KiB. */
export const receiptStateBytesMax = 4_096;

/** The receipt in the headers of a push (names in lower case), undefined when there is none. Throws a RequestError 400 when it is malformed. */
export function readReceipt(headers: Readonly<Record<string, string | string[] | undefined>>): Receipt | undefined {
  const agent = headers[receiptHeaders.agent];
  if (agent === undefined) {
    return undefined;
  }
  if (typeof agent !== 'string' || !isAgentName(agent)) {
    throw badRequest(`${receiptHeaders.agent}: 1 to ${receiptAgentCharsMax} characters of A-Z a-z 0-9 . _ : - are expected`);
  }
  const sequence = Number(headers[receiptHeaders.sequence]);
  if (!Number.isSafeInteger(sequence) || sequence < 1) {
    throw badRequest(`${receiptHeaders.sequence}: a whole number above 0 is expected`);
  }
  return { agent, sequence, state: readState(headers[receiptHeaders.state]) };
}

export function isAgentName(text: string): boolean {
  return text.length <= receiptAgentCharsMax && /^[A-Za-z0-9._:-]+$/.test(text);
}

function readState(header: string | string[] | undefined): string {
  if (header === undefined) {
    return '';
  }
  if (typeof header !== 'string' || header.length > receiptStateBytesMax) {
    throw new RequestError(431, `${receiptHeaders.state}: at most ${receiptStateBytesMax} bytes are accepted`);
  }
  try {
    return decodeURIComponent(header);
  } catch {
    throw badRequest(`${receiptHeaders.state}: broken percent-encoding`);
  }
}

/** The headers that carry a receipt. A state that would be too long is left out. */
export function writeReceipt(receipt: Receipt): Record<string, string> {
  const state = encodeURIComponent(receipt.state);
  return {
    [receiptHeaders.agent]: receipt.agent,
    [receiptHeaders.sequence]: String(receipt.sequence),
    ...(state.length > 0 && state.length <= receiptStateBytesMax ? { [receiptHeaders.state]: state } : {}),
  };
}
