/** Numbers of one piece; a request for more gets a piece of its own. */
const pieceCells = 16 * 1024;

/** A run of numbers inside a piece that others share. */
export interface CellRun {
  piece: Float64Array;
  at: number;
}

/**
 * Hands out runs of zeros from large pieces: typed arrays of its own would cost each series some 300 bytes beside its numbers, and an answer
 * may have fifty thousand.
 */
export class Cells {
  private piece = new Float64Array(0);
  private used = 0;

  take(count: number): CellRun {
    if (this.used + count > this.piece.length) {
      this.piece = new Float64Array(Math.max(count, pieceCells));
      this.used = 0;
    }
    const at = this.used;
    this.used += count;
    return { piece: this.piece, at };
  }
}
