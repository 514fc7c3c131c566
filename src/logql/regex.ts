/** stand-in until the real one */
export function regexError(pattern: string): string | undefined {
  try {
    new RegExp(pattern.replace(/\(\?P</g, '(?<').replace(/\(\?[a-zA-Z]+\)/g, ''));
    return undefined;
  } catch {
    return `error parsing regexp: invalid: \`${pattern}\``;
  }
}
export function matchesEmpty(pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern.replace(/\(\?P</g, '(?<').replace(/\(\?[a-zA-Z]+\)/g, '')})$`).test('');
  } catch {
    return false;
  }
}
export function captureNames(pattern: string): string[] {
  return [...pattern.matchAll(/\(\?P?<([^>]*)>/g)].map((match) => match[1]);
}
