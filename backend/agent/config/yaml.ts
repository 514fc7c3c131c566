import { type Document, parseDocument, type Scalar, visit, type YAMLParseError } from 'yaml';
import { laidOut } from './layout';

/** What the user wrote is wrong: the message names the key and says what is expected. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** A number or boolean of YAML with the text it was written as: `1.10` is a number, and where text is wanted it is `1.10`. */
export class Plain {
  constructor(
    readonly value: number | boolean,
    readonly source: string
  ) {}
}

/** Maps keep the order and the type of their keys; scalars are text, `Plain` or null. */
export type YamlValue = string | Plain | null | YamlValue[] | YamlMap;
export type YamlMap = Map<YamlValue, YamlValue>;

/**
 * Parses YAML 1.1 as Go's yaml.v2 does: `y`, `n`, `on`, `off`, `yes`, `no` are booleans, `1:30` and `2018-04-15` are text, a key may stand
 * only once, quoted text may go on at the margin. Throws a ConfigError.
 */
export function parseYaml(text: string): YamlValue {
  const document = readDocument(text);
  visit(document, {
    Scalar: (_key, node: Scalar) => {
      if (typeof node.value === 'number' || typeof node.value === 'boolean' || typeof node.value === 'bigint') {
        const value = typeof node.value === 'bigint' ? Number(node.value) : node.value;
        node.value = new Plain(value, node.source ?? String(value));
      }
    },
  });
  return (document.toJS({ mapAsMap: true, maxAliasCount: aliasesMax }) ?? null) as YamlValue;
}

/** Aliases that are followed before a document counts as a bomb. */
const aliasesMax = 1_000;

const sexagesimalOrTime = new Set(['tag:yaml.org,2002:int TIME', 'tag:yaml.org,2002:float TIME', 'tag:yaml.org,2002:timestamp ']);

/**
 * No-break spaces where YAML wants spaces, as they come with text copied from a web page, would silently become part of keys. Answers the
 * repaired text, or undefined when there was nothing to repair.
 */
export function repairSpaces(text: string): string | undefined {
  const repaired = text
    .split('\n')
    .map((line) => line.replace(/^[ \u00a0]+/, (spaces) => ' '.repeat(spaces.length)).replace(/^( *(?:- *)*)\u00a0+/, (match) => ' '.repeat(match.length - match.trimStart().length) + match.trimStart().replaceAll('\u00a0', ' ')).replace(/^([^'"#]*?[:-])[ \u00a0]*\u00a0[ \u00a0]*/, '$1 '))
    .join('\n');
  return repaired === text ? undefined : repaired;
}

export function isMap(value: YamlValue | undefined): value is YamlMap {
  return value instanceof Map;
}

/** The kind of a value in the words of YAML, for messages. */
export function kindOf(value: YamlValue | undefined): string {
  if (value === null || value === undefined) {
    return 'null';
  }
  if (value instanceof Plain) {
    return typeof value.value === 'boolean' ? 'bool' : Number.isInteger(value.value) ? 'int' : 'float64';
  }
  return typeof value === 'string' ? 'string' : Array.isArray(value) ? 'list' : 'map';
}

/** Reads the text; lines that are only laid out otherwise than the grammar has it are moved, one at a time, and the first problem is told where that does not help. */
function readDocument(text: string): Document {
  const first = documentOf(text);
  let [document, laid]: [Document, string | undefined] = [first, text];
  for (let moved = 0; moved <= movedLinesMax && laid !== undefined; moved++) {
    const problem = problemOf(document);
    if (!problem) {
      return document;
    }
    laid = laidOut(laid, problem);
    document = laid === undefined ? document : documentOf(laid);
  }
  throw new ConfigError(`yaml: ${problemOf(first)!.message.split('\n', 1)[0].replace(/:$/, '')}`);
}

/** Lines that are moved before a text counts as broken: each is one more reading. */
const movedLinesMax = 100;

function documentOf(text: string): Document {
  return parseDocument(text, {
    version: '1.1',
    merge: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !sexagesimalOrTime.has(`${tag.tag} ${'format' in tag ? tag.format : ''}`)),
  });
}

/** Of several documents in one file the first counts, as for Promtail. */
function problemOf(document: Document): YAMLParseError | undefined {
  return document.errors.find(({ code }) => code !== 'MULTIPLE_DOCS');
}
