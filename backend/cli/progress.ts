/** One line on standard error that says how far a long job is; only where somebody looks. */
export class Progress {
  private shown = false;
  private lastMs = 0;

  constructor(
    private readonly enabled: boolean,
    private readonly write: (text: string) => void = (text) => void process.stderr.write(text)
  ) {}

  /** At most five times a second. */
  show(text: string): void {
    const nowMs = Date.now();
    if (this.enabled && nowMs - this.lastMs >= 200) {
      this.lastMs = nowMs;
      this.shown = true;
      this.write(`\r\x1b[K${text.slice(0, 160)}`);
    }
  }

  /** Takes the line away before something else is printed. */
  clear(): void {
    if (this.shown) {
      this.shown = false;
      this.write('\r\x1b[K');
    }
  }
}
