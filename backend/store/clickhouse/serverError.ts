/** What a ClickHouse server said went wrong. */
export class ServerError extends Error {
  constructor(
    readonly code: number,
    readonly text: string
  ) {
    super(`ClickHouse: ${text}`);
    this.name = 'ServerError';
  }
}

/** The server, or the way to it, is not there: nothing is wrong with the request, and later it may work. */
export class Unreachable extends Error {
  constructor(
    message: string,
    /** Whether the statement may have been carried out all the same. */
    readonly ambiguous: boolean
  ) {
    super(message);
    this.name = 'Unreachable';
  }
}

/** Nobody answered in time. */
export class DeadlinePassed extends Unreachable {
  constructor(message: string) {
    super(message, true);
    this.name = 'DeadlinePassed';
  }
}

/**
 * Reads an exception as servers write it, in a failed answer or at the end of rows: old `Code: 395, e.displayText() = DB::Exception: text, e.what() = ...`,
 * modern `Code: 395. DB::Exception: text. (NAME) (version ...)`, and since 25.11 inside an `__exception__` block.
 */
export function parseServerError(text: string): ServerError {
  const found = /Code: (\d+)(?:\.|,)\s*/.exec(text);
  if (!found) {
    return new ServerError(0, text.trim().slice(0, textMax) || 'an empty error');
  }
  const rest = text.slice(found.index + found[0].length);
  const message = rest
    .replace(/^e\.displayText\(\) = /, '')
    .replace(/^DB::(?:Net)?Exception: /, '')
    .replace(/, e\.what\(\) = [\s\S]*$/, '')
    .replace(/\s*\d+ [0-9a-zA-Z]+\r?\n__exception__[\s\S]*$/, '')
    .replace(/\s*\(version [^)]*\)+[\s\S]*$/, '');
  return new ServerError(Number(found[1]), `${message.trim().slice(0, textMax)} (code ${found[1]})`);
}

/** What a server's own error has in it, of whatever kind (`DB::`, `Poco::`, `std::`) it is; `Error Code: 503` is on pages of balancers as well. */
const serverWords = /Code: \d+[.,][^]*(?:DB::|e\.(?:displayText|what)\(\))/;

/** What a balancer says when nothing behind it answers. */
const awayStatuses = new Set([429, 502, 503, 504]);

/** The error of a failed answer. Not every one is ClickHouse's: a balancer in front may answer, or something else at a wrong address. */
export function failedAnswer(node: string, status: number, text: string): ServerError | Unreachable {
  if (serverWords.test(text)) {
    return parseServerError(text);
  }
  const message = `what answers at ${node} (status ${status}) is not ClickHouse`;
  return awayStatuses.has(status) ? new Unreachable(`ClickHouse can't be reached: ${message}`, true) : new ServerError(0, message);
}

/** Longest error text that is handed on; a server repeats the whole statement in some. */
const textMax = 1_000;

/**
 * Codes that say that a part of the cluster is away, full or busy, not that the statement is wrong: 32, 33 cut off between servers, 159 too slow,
 * 202 too many queries, 203 no free connection, 209 socket timeout, 210 network, 225 no ZooKeeper, 241 memory, 242 read-only replica,
 * 243 no space, 252 too many parts, 279 no replica of a shard answers, 285 too few live replicas, 319 unknown status of insert, 425 system, 999 keeper.
 */
const awayCodes = new Set([32, 33, 159, 202, 203, 209, 210, 225, 241, 242, 243, 252, 279, 285, 319, 425, 999]);

/** Whether it may work later without any change. */
export function mayPass(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ServerError && awayCodes.has(error.code));
}
