import { badRequest } from '../../../model/errors';

/** Streams that are told apart for one answer, and names or values in one, some 100 bytes each: a range of many days may have other ones each day. */
export const namesMax = 200_000;

/** Characters of all texts of such a set: the keys of 50,000 streams of ten labels are twice as many in what is made of them for an answer. */
const charsMax = 12 * 1024 * 1024;

/** A set of texts that refuses to grow beyond what one answer may hold. */
export class BoundedSet extends Set<string> {
  private chars = 0;

  /** @param what the texts are, in the words of the error. */
  constructor(
    private readonly max: number,
    private readonly what: string
  ) {
    super();
  }

  /** Throws RequestError 400 when there are too many. */
  override add(text: string): this {
    const before = this.size;
    super.add(text);
    this.chars += this.size > before ? text.length : 0;
    if (this.chars > charsMax) {
      throw badRequest(`the ${this.what} that match are more than ${charsMax / 1024 / 1024} MB of text; add label matchers or ask for a shorter time range`);
    }
    this.expect(this.size);
    return this;
  }

  /** To be told of how many will be there at least, before work is put into them: throws RequestError 400 when they are too many. */
  expect(size: number): void {
    if (size > this.max) {
      throw badRequest(`more than ${this.max} ${this.what} match; add label matchers or ask for a shorter time range`);
    }
  }
}
