import { needsRoom, RequestError } from '../../../model/errors';

/** Counts what a question looks at besides text: hot rows, blocks, and streams where these are chosen. */
export class Pieces {
  private looked = 0;

  constructor(private readonly max = Infinity) {}

  /** Throws RequestError 400 with the code `needsRoom` when it is more than the question may. */
  add(count: number): void {
    this.looked += count;
    if (this.looked > this.max) {
      throw new RequestError(400, `more than ${this.max} streams or blocks would have to be looked at; add label matchers or ask for a shorter time range`, undefined, needsRoom);
    }
  }
}
