import type { Response } from 'express';
import { cancelled } from '../model/errors';

/** Fires when the client goes away before the answer is out, also when it is gone already. */
export function closing(response: Response): AbortSignal {
  const gone = new AbortController();
  const closed = (): void => {
    if (!response.writableFinished) {
      gone.abort(cancelled());
    }
  };
  if (response.closed) {
    closed();
  } else {
    response.on('close', closed);
  }
  return gone.signal;
}
