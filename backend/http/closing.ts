import type { Response } from 'express';
import { cancelled } from '../model/errors';

/** Fires when the client goes away before the answer is out. */
export function closing(response: Response): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) {
      gone.abort(cancelled());
    }
  });
  return gone.signal;
}
