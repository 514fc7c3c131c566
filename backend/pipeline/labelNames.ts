export const errorLabel = '__error__';
export const errorDetailsLabel = '__error_details__';
/** Set beside an error that a metric query must not fail on (Loki, pkg/logqlmodel/error.go). */
export const preserveErrorLabel = '__preserve_error__';
/** Whose entry it is, where several tenants are asked together. */
export const tenantLabel = '__tenant_id__';

/** Appended to a found name that the stream has already. */
const duplicateSuffix = '_extracted';

/**
 * Label names as small numbers, for the time of one pipeline, so that a label is found by an index instead of a comparison.
 * Grows with the distinct names that parsers ask for; parsers ask for at most `fieldNamesMax` before they start over, and
 * `full` tells the pipeline to start over as well.
 */
export class LabelNames {
  private readonly numbers = new Map<string, number>();
  private readonly names: string[] = [];
  private readonly suffixes: number[] = [];

  get size(): number {
    return this.names.length;
  }

  number(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.length;
      this.names.push(name);
      this.numbers.set(name, number);
    }
    return number;
  }

  name(number: number): string {
    return this.names[number];
  }

  /** The number of the same name with `_extracted` behind it. */
  suffixed(number: number): number {
    let suffixed = this.suffixes[number];
    if (suffixed === undefined) {
      suffixed = this.number(this.names[number] + duplicateSuffix);
      this.suffixes[number] = suffixed;
    }
    return suffixed;
  }
}
