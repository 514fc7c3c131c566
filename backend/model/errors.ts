/**
 * What a client did wrong, or what stands in its way: it becomes an HTTP status and a text the client reads.
 * Everything else that is thrown is our own mistake (`Bug`) or the machine's, is logged and answers 500.
 */
export class RequestError extends Error {
  /**
   * @param retryAfterSeconds sent as Retry-After with 429 and 503.
   * @param code tells errors apart that the server itself answers to; never sent.
   */
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSeconds?: number,
    readonly code?: string
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

export const badRequest = (message: string): RequestError => new RequestError(400, message);
export const tooMany = (message: string, retryAfterSeconds = 1): RequestError => new RequestError(429, message, retryAfterSeconds);
export const unavailable = (message: string, retryAfterSeconds = 1): RequestError => new RequestError(503, message, retryAfterSeconds);
/** The text must contain the word "timeout": Explore looks for it to offer a shorter range. */
export const timedOut = (message: string): RequestError => new RequestError(504, message);
export const cancelled = (): RequestError => new RequestError(499, 'The request was cancelled by the client.');

/** `code` of the error that ends a question which was tried as a small one and needs the room of a large one (`http/ask.ts`); never the client's answer. */
export const needsRoom = 'needs the room of a large question';

/** Our own mistake: stops the request loudly. */
export class Bug extends Error {
  constructor(message: string) {
    super(`BUG: ${message}`);
    this.name = 'Bug';
  }
}
