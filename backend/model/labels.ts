/**
 * A label set: names to values, iterated in the order of the names. A Map, so that hostile names (`__proto__`,
 * `constructor`) are only names. Build one with `makeLabels`; never change it afterwards.
 */
export type Labels = ReadonlyMap<string, string>;

export const noLabels: Labels = new Map();

/** The canonical form: sorted by name (by UTF-16 code unit, which for label names is byte order). A later pair of one name wins. */
export function makeLabels(pairs: Iterable<readonly [string, string]>): Labels {
  return new Map([...new Map(pairs)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/**
 * The text form `{a="b", c="d"}`, values quoted as Go's strconv.Quote does for the characters that matter in a selector.
 * Equal label sets have equal texts, so this is also the identity of a stream.
 */
export function labelsText(labels: Labels): string {
  const parts: string[] = [];
  for (const [name, value] of labels) {
    parts.push(`${name}=${JSON.stringify(value)}`);
  }
  return `{${parts.join(', ')}}`;
}

/** How long names and values are together. */
export function textLength(labels: Labels): number {
  let length = 0;
  for (const [name, value] of labels) {
    length += name.length + value.length;
  }
  return length;
}

/** Plain object for JSON answers. Has no prototype, so no name can reach one. */
export function labelsObject(labels: Labels): Record<string, string> {
  const object: Record<string, string> = Object.create(null);
  for (const [name, value] of labels) {
    object[name] = value;
  }
  return object;
}

/** The order of series in answers: by name, then value, pair by pair; fewer labels first (Prometheus, labels.Compare). */
export function compareLabels(a: Labels, b: Labels): number {
  const rest = b[Symbol.iterator]();
  for (const [name, value] of a) {
    const next = rest.next();
    if (next.done) {
      return 1;
    }
    const [otherName, otherValue] = next.value;
    if (name !== otherName) {
      return name < otherName ? -1 : 1;
    }
    if (value !== otherValue) {
      return value < otherValue ? -1 : 1;
    }
  }
  return rest.next().done ? 0 : -1;
}
