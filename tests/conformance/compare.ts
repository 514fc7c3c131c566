/** How an answer is compared with the recorded one of a real Loki 3.4. */

export interface Recorded {
  id: string;
  query: string;
  url: string;
  status: number;
  body: unknown;
}

export interface Answer {
  status: number;
  /** Parsed JSON, or text. */
  body: unknown;
}

/** Largest relative difference of numbers that counts as equal. */
const tolerance = 1e-9;

/** Undefined when the answer agrees, else one sentence. */
export function difference(recorded: Recorded, answer: Answer): string | undefined {
  if (answer.status !== expectedStatus(recorded)) {
    return `status ${answer.status}, Loki ${recorded.status}: ${short(answer.body)}`;
  }
  if (recorded.status >= 400) {
    return errorDifference(recorded.body, answer.body);
  }
  const [expected, actual] = [normalise(recorded.body), normalise(answer.body)];
  const sizes = recorded.url.includes('/index/');
  return valueDifference(sizes ? withoutSizes(expected) : expected, sizes ? withoutSizes(actual) : actual, 'body');
}

/** Bytes and chunks are what an engine counts for itself; streams and entries must agree. */
function withoutSizes(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body, (name, value: unknown) => (name === 'values' || name === 'bytes' || name === 'chunks' ? undefined : value)));
}

/** Loki answers 500 to many-to-many matching, which is the user's mistake. */
const expectedStatus = ({ status }: Recorded): number => (status === 500 ? 400 : status);

/** The kind of error and its position must agree, the wording behind need not. */
function errorDifference(expected: unknown, actual: unknown): string | undefined {
  const [left, right] = [errorHead(expected), errorHead(actual)];
  return left === right ? undefined : `error ${short(actual)}, Loki: ${short(expected)}`;
}

function errorHead(body: unknown): string {
  const text = typeof body === 'string' ? body : String((body as { error?: unknown }).error ?? JSON.stringify(body));
  const parse = /^parse error(?: at line \d+, col \d+)?/.exec(text);
  if (parse) {
    return parse[0];
  }
  const pipeline = /^pipeline error: '\w+'/.exec(text);
  return pipeline ? pipeline[0] : text.trim();
}

/** Sorts what has no order: label names, series by their labels, entries of one time inside a stream. Drops the statistics. */
export function normalise(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) {
    return body;
  }
  const copy = structuredClone(body) as Record<string, unknown>;
  const data = copy.data as Record<string, unknown> | unknown[] | undefined;
  if (Array.isArray(data)) {
    copy.data = data.every((item) => typeof item === 'string') ? [...data].sort() : data.map(sortKeys).sort(byText);
  } else if (data && typeof data === 'object') {
    delete data.stats;
    if (Array.isArray(data.result) && data.resultType !== 'scalar') {
      data.result = data.result.map(normaliseSeries).sort(byText);
    }
  }
  for (const list of ['fields', 'detectedLabels']) {
    if (Array.isArray(copy[list])) {
      copy[list] = (copy[list] as unknown[]).map(sortKeys).sort(byText);
    }
  }
  return copy;
}

function normaliseSeries(series: unknown): unknown {
  const { metric, stream, values, value } = series as Record<string, unknown>;
  const labels = sortKeys(metric ?? stream);
  if (stream && Array.isArray(values)) {
    // Entries of equal time may come in any order.
    return { labels, values: [...values].sort((a, b) => byText(a, b)) };
  }
  return { labels, values: values ?? value };
}

const byText = (a: unknown, b: unknown): number => {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
};

function sortKeys(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}

function valueDifference(expected: unknown, actual: unknown, path: string): string | undefined {
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return sameValue(expected, actual) ? undefined : `${path} is ${short(actual)}, Loki ${short(expected)}`;
  }
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const name of names) {
    const found = valueDifference((expected as Record<string, unknown>)[name], (actual as Record<string, unknown>)[name], `${path}.${name}`);
    if (found) {
      return found;
    }
  }
  return undefined;
}

function sameValue(expected: unknown, actual: unknown): boolean {
  if (expected === actual) {
    return true;
  }
  const [left, right] = [Number(expected), Number(actual)];
  const numbers = expected !== '' && actual !== '' && Number.isFinite(left) && Number.isFinite(right);
  // Times in ns are too long for numbers; they are equal as text or not at all.
  const exact = typeof expected === 'string' && /^\d{17,}$/.test(expected);
  return numbers && !exact && Math.abs(left - right) <= tolerance * Math.max(Math.abs(left), Math.abs(right));
}

const short = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
};
