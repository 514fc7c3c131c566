/**
 * Keys that become the same label (`a.b` and `a_b`): the first of them in a line sets it, and may set it again; the others are left
 * out (Loki, pkg/logql/log/parser_hints.go: what is extracted is not extracted under another key). Costs nothing while there are none.
 */
export class Rivals {
  /** Whether any label has two keys. */
  any = false;
  /** Set when a second key of a label is met for the first time: the line must be read again, now that both are watched. */
  discovered = false;
  private readonly keys = new Map<number, string>();
  private readonly contested: boolean[] = [];
  private readonly owners = new Map<number, string>();

  /** A key was seen that becomes label `number`. */
  note(number: number, key: string): void {
    const first = this.keys.get(number);
    if (first === undefined) {
      this.keys.set(number, key);
    } else if (first !== key) {
      this.contested[number] = true;
      this.any = true;
      this.discovered = true;
    }
  }

  /** A line begins, or begins again. */
  nextLine(): void {
    this.discovered = false;
    this.owners.clear();
  }

  isContested(number: number): boolean {
    return this.contested[number] === true;
  }

  /** Whether a key may set its label, which from then on is its own for the rest of the line. */
  allows(number: number, key: string): boolean {
    const owner = this.owners.get(number);
    if (owner === undefined) {
      this.owners.set(number, key);
    }
    return owner === undefined || owner === key;
  }
}
