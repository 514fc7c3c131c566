import { ByteBudget } from '../ingest/byteBudget';

/** A query waits so long for the answers before it to be read. */
const waitMsMax = 60_000;

/** Room for answers between the first line that is found and the last byte that the client has taken. */
export class AnswerRoom {
  readonly small: ByteBudget;
  readonly large: ByteBudget;

  /**
   * @param memoryBytesMax ceiling of memory of the whole server.
   * @param relieve called before a large answer comes, when all before it are garbage, and when it was let go of.
   */
  constructor(
    memoryBytesMax: number,
    readonly relieve: () => void
  ) {
    const what = 'answers that clients have not read yet';
    this.small = new ByteBudget(memoryBytesMax / 16, waitMsMax, what);
    this.large = new ByteBudget(memoryBytesMax / 8, waitMsMax, `large ${what} (ask for fewer lines or points)`);
  }
}
