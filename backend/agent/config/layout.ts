import type { YAMLParseError } from 'yaml';

/**
 * The text with the place of a problem laid out as YAML wants it; undefined when the problem is none of layout. Go's parser takes quoted text
 * and `[...]`, `{...}` that go on left of the key they belong to, and a comment right behind a quote or bracket; the grammar does not.
 */
export function laidOut(text: string, { code, message, pos: [at] }: YAMLParseError): string | undefined {
  if (code === 'MISSING_CHAR' && message.startsWith('Comments must be separated')) {
    return `${text.slice(0, at)} ${text.slice(at)}`;
  }
  const goesOn = (code === 'MISSING_CHAR' && message.startsWith('Missing closing')) || (code === 'BAD_INDENT' && message.startsWith('Flow '));
  const next = goesOn ? text.slice(at).search(/\S/) : -1;
  if (next === -1) {
    return undefined;
  }
  const lineStart = text.lastIndexOf('\n', at + next) + 1;
  return text.slice(0, lineStart) + ' '.repeat(deepest(text) + 1) + text.slice(lineStart);
}

/** How far the keys of the text are indented, at most: `- - key` counts as far as its key. */
function deepest(text: string): number {
  return Math.max(0, ...[...text.matchAll(/^(?:[ ]|- |\? )+/gm)].map(([indent]) => indent.length));
}
