import type { IncomingMessage } from 'node:http';
import { RequestError } from '../model/errors';

/**
 * A page in the browser of somebody who reaches this server can send it a form, wherever the page is from, though it does not see the answer:
 * that must not be enough to delete logs. Browsers say with each such request which site the page is from. Throws RequestError 403.
 */
export function refuseForeignPage({ headers: { origin, host } }: Pick<IncomingMessage, 'headers'>): void {
  if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host)) {
    throw new RequestError(403, 'a page of another site may not do this');
  }
}
