import type { StreamEntries } from '../model/entry';
import { RequestError } from '../model/errors';
import { textLength } from '../model/labels';
import { ByteBudget } from './byteBudget';
import { decompress, expectedBytes, isPlain, TooLong } from './decompress';
import type { Protocol } from './protocol';

/** What a push takes while it is decoded and waits for the disk, beside its text; measured. */
const streamBytes = 2_000;
const entryBytes = 50;
/** For each set of structured metadata that differs from the one before, beside its text. */
const metadataBytes = 1_000;
/** Bytes per byte of a decompressed body: itself, and the copy of its text that waits for the disk. */
const copies = 2;
/** A push that took so much leaves garbage that is worth a look. */
const largeBytes = 8 * 1024 * 1024;
/** A push waits so long for its turn before it is told to come again. */
const waitMsMax = 10_000;

/** Waits for less are not worth being told apart, and what says it is empty is not believed. */
const smallBytes = 64 * 1024;

interface Packed {
  body: Buffer;
  contentEncoding: string;
  maxBytes: number;
}

/**
 * Room in memory for the pushes that are decoded and wait for the disk. A push is let in by the size it says it will have, and counted by
 * what it turned out to be. Decoding is one piece of work of this thread, so that at most one push is there uncounted; how much that can
 * be, the bounds on streams, entries and metadata of a push say.
 */
export class PushRoom {
  private readonly budget: ByteBudget;

  /** @param relieve called before and after something large. */
  constructor(
    bytesMax: number,
    private readonly relieve: () => void
  ) {
    this.budget = new ByteBudget(bytesMax, waitMsMax, 'pushes that are being stored');
  }

  /**
   * Runs `work` with the decompressed body when there is room for it. `work` calls `settle` with what it decoded before it waits for anything.
   * Rejects with 413 when the body is too large, 429 when there was no room for too long.
   */
  async run(packed: Packed, protocol: Pick<Protocol, 'decodedBytes'>, work: (body: Uint8Array, settle: (sent: StreamEntries[]) => void) => Promise<void>): Promise<void> {
    const { body, reserved } = await this.unpack(packed, protocol);
    let held = reserved;
    try {
      if (held >= largeBytes) {
        this.relieve();
      }
      // looked at again right before the decoding: who comes free at the same time may have used the room up
      while (this.budget.exceeded) {
        await this.budget.relaxed();
      }
      await work(body, (sent) => {
        const known = copies * body.length + costOf(sent);
        this.budget.settle(held, known);
        held = known;
      });
    } finally {
      if (held >= largeBytes) {
        this.relieve();
      }
      this.budget.release(held);
    }
  }

  /** A body may lie about its length; then it waits again, for room for the largest. */
  private async unpack({ body, contentEncoding, maxBytes }: Packed, protocol: Pick<Protocol, 'decodedBytes'>): Promise<{ body: Uint8Array; reserved: number }> {
    const expected = Math.max(expectedBytes(body, contentEncoding), smallBytes);
    if (expected > Math.max(maxBytes, smallBytes)) {
      throw new RequestError(413, `request body too large: ${expected} bytes, limit: ${maxBytes} bytes`);
    }
    const decoded = isPlain(contentEncoding) ? (protocol.decodedBytes?.(body, maxBytes) ?? 0) : 0;
    for (const most of [Math.min(expected, maxBytes), maxBytes]) {
      const reserved = await this.budget.reserve(copies * Math.max(most, decoded));
      try {
        return { body: await decompress(body, contentEncoding, most), reserved };
      } catch (error) {
        this.budget.release(reserved);
        if (!(error instanceof TooLong) || most === maxBytes) {
          throw error;
        }
      }
    }
    throw new TooLong(maxBytes);
  }
}

/** What a push holds beside its text. */
function costOf(sent: StreamEntries[]): number {
  let bytes = 0;
  for (const { count, metadata } of sent) {
    bytes += streamBytes + count * entryBytes;
    for (let i = 0; metadata && i < count; i++) {
      if (metadata[i] !== metadata[i - 1]) {
        bytes += metadataBytes + (metadata[i] ? textLength(metadata[i]!) : 0);
      }
    }
  }
  return bytes;
}
