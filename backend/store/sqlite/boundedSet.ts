import { badRequest } from '../../model/errors';

/** Streams that are told apart for one answer, and names or values in one, some 100 bytes each: a range of many days may have other ones each day. */
export const namesMax = 200_000;

/** A set of texts that refuses to grow beyond what one answer may hold. */
export class BoundedSet extends Set<string> {
  /** @param what the texts are, in the words of the error. */
  constructor(
    private readonly max: number,
    private readonly what: string
  ) {
    super();
  }

  /** Throws RequestError 400 when there are too many. */
  override add(text: string): this {
    super.add(text);
    if (this.size > this.max) {
      throw badRequest(`more than ${this.max} ${this.what} match; add label matchers or ask for a shorter time range`);
    }
    return this;
  }
}
