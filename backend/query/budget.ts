import { RequestError, badRequest, needsRoom, timedOut } from '../model/errors';
import type { FragmentLimits, ReadStats, SmallLimits } from './fragment';

/**
 * What queries of one tenant may use. The first group are Loki's limits under Loki's names and with Loki's meaning (0 or an
 * empty list switches a limit off); the second group protects the memory of this process.
 */
export interface QueryLimits {
  /** Most lines a log query may ask for (`max_entries_limit_per_query`). */
  entriesMax: number;
  /** Series in a final answer (`max_query_series`); beyond it the top series and a warning are answered. */
  seriesMax: number;
  /** Longest time range (`max_query_length`). */
  lengthNsMax: number;
  /** Longest `[range]` of a range aggregation (`max_query_range`). */
  rangeNsMax: number;
  /** How far back a query may look; an older start is moved, without an error (`max_query_lookback`). */
  lookbackNsMax: number;
  /** `query_timeout`. */
  timeoutMs: number;
  /** Bytes of lines that may be read (`max_query_bytes_read`). */
  bytesReadMax: number;
  /** Label names each selector must name (`required_labels`). */
  requiredLabels: string[];
  /** Least number of matchers of a selector (`minimum_labels_number`). */
  minimumLabels: number;
  /** Most matchers of a selector. */
  matchersMax: number;
  /** Queries that are refused: the text itself, or a pattern over it (`blocked_queries`, resolved by the configuration). */
  blocked: (query: string) => boolean;

  /** Numbers one fragment may keep: 12 to 24 bytes each, so this is some 40 MB for each fragment that runs; four run at a time. */
  cellsMax: number;
  /** Text of the entries that one fragment of a log query keeps, with their labels where these are long: 5,000 lines (`entriesMax`) of 4 kB fit. It is there three times while it changes threads. */
  textBytesMax: number;
  /** Points of a final matrix; each becomes some 60 bytes here and 30 bytes of JSON. */
  pointsMax: number;
  /** See `FragmentLimits.small`. */
  small?: SmallLimits;
}

const hourNs = 3_600e9;

export const defaultLimits: QueryLimits = {
  entriesMax: 5_000,
  seriesMax: 500,
  lengthNsMax: 721 * hourNs,
  rangeNsMax: 0,
  lookbackNsMax: 0,
  timeoutMs: 60_000,
  bytesReadMax: 0,
  requiredLabels: [],
  minimumLabels: 0,
  matchersMax: 1_000,
  blocked: () => false,
  cellsMax: 2_000_000,
  textBytesMax: 20 * 1024 * 1024,
  pointsMax: 1_000_000,
};

/** The part of the limits that travels with a fragment. */
export function fragmentLimits(limits: QueryLimits): FragmentLimits {
  return { bytesMax: limits.bytesReadMax, cellsMax: limits.cellsMax, textBytesMax: limits.textBytesMax, small: limits.small };
}

/** `code` of errors about an answer that is larger than `textBytesMax` or `pointsMax`. */
export const tooLargeAnswer = 'too large an answer';

/** `code` of the error about more numbers than `cellsMax`: fewer steps at a time may need fewer. */
export const tooManyCells = 'too many numbers at a time';

/** Numbers that a series costs besides its values: labels, text, map entry and the objects around its columns are some 1.2 kB. */
const seriesCells = 100;
/** How long the text of its labels is that is among these; of what is beyond, so many characters cost a number: it is there three times. */
const seriesTextOrdinary = 1_000;
const charsPerCell = 4;

/** Counts what one fragment reads and keeps, and ends it with a RequestError when it is too much. */
export class FragmentBudget {
  private cells = 0;
  private seriesCells = 0;
  private text = 0;
  readonly read: ReadStats = { lines: 0, bytes: 0, chunks: 0, passed: 0 };

  constructor(private readonly limits: FragmentLimits) {}

  /** A chunk of so many lines and bytes is about to be looked at. */
  chargeRead(lines: number, bytes: number): void {
    this.read.chunks++;
    this.read.lines += lines;
    this.read.bytes += bytes;
    if (this.limits.bytesMax > 0 && this.read.bytes > this.limits.bytesMax) {
      throw bytesReadError(this.read.bytes, this.limits.bytesMax);
    }
  }

  /** So many more bytes of text are kept. */
  chargeText(bytes: number): void {
    this.text += bytes;
    if (this.text > this.limits.textBytesMax) {
      throw new RequestError(
        400,
        `the lines and labels of the answer are larger than ${sizeText(this.limits.textBytesMax)} together: ask for fewer lines (limit), or shorten them with line_format and keep`,
        undefined,
        tooLargeAnswer
      );
    }
  }

  /** One more series of so many steps, and so much text of labels, is kept. */
  chargeSeries(steps: number, text: number): void {
    const cells = seriesCells + 2 * steps + Math.ceil(Math.max(0, text - seriesTextOrdinary) / charsPerCell);
    this.chargeCells(cells);
    this.seriesCells += cells;
    const { small } = this.limits;
    if (small && this.seriesCells > small.seriesCellsMax) {
      throw new RequestError(400, `the query would keep more than ${small.seriesCellsMax} numbers for its series: aggregate by fewer labels (sum by (..))`, undefined, needsRoom);
    }
  }

  /** So many more numbers are kept. */
  chargeCells(count: number): void {
    this.cells += count;
    if (this.cells > this.limits.cellsMax) {
      throw new RequestError(
        400,
        `the query would keep more than ${this.limits.cellsMax} numbers in memory at the same time: aggregate by fewer labels (sum by (..)), ` +
          'add label matchers or line filters, shorten the time range, or use a larger step',
        undefined,
        tooManyCells
      );
    }
  }
}

/** Loki's text (pkg/querier/queryrange/limits.go). */
export function bytesReadError(read: number, max: number): RequestError {
  return badRequest(
    `the query would read too many bytes (query: ${sizeText(read)}, limit: ${sizeText(max)}); consider adding more specific stream selectors or reduce the time range of the query`
  );
}

/** The word `timeout` makes Explore offer a shorter range. */
export function timeoutError(timeoutMs: number): RequestError {
  return timedOut(
    `query timeout: the request did not finish within ${timeoutMs / 1000}s. Consider a shorter time range, more label matchers, or a higher query_timeout`
  );
}

function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${units[unit]}`;
}
