import type { IncomingMessage } from 'node:http';
import { RequestError } from '../model/errors';

/**
 * A page in the browser of somebody who reaches this server can send it a form, or show a picture from it, wherever the page is from, though it does
 * not see the answer: that must not be enough to change anything. Browsers say with such requests which site the page is from. Throws RequestError 403.
 */
export function refuseForeignPage({ headers: { origin, host, ...headers } }: Pick<IncomingMessage, 'headers'>): void {
  const isForeign = origin === undefined ? !ownSites.has(headers['sec-fetch-site']) : !(URL.canParse(origin) && new URL(origin).host === host);
  if (isForeign) {
    throw new RequestError(403, 'a page of another site may not do this');
  }
}

/** What comes without an `Origin`: programs, pages of the same address, and addresses that people type. */
const ownSites: ReadonlySet<unknown> = new Set([undefined, 'same-origin', 'none']);
