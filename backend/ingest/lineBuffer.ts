/** Growing bytes for lines that are made while decoding and so are not part of the request's body. */
export class LineBuffer {
  private bytes = Buffer.allocUnsafe(16 * 1024);
  private length = 0;

  /** Appends a text and says where it lies. */
  add(text: string): { start: number; end: number } {
    const start = this.length;
    this.reserve(Buffer.byteLength(text));
    this.length += this.bytes.write(text, start);
    return { start, end: this.length };
  }

  result(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(more: number): void {
    if (this.length + more > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
  }
}
