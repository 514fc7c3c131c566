/** Command line flags as Go programs take them: `-name=value`, `--name value`, `-bool`; everything else is an argument. */

export interface Flags {
  /** By name without dashes; the last of repeated flags counts, `all` keeps every one. */
  values: Map<string, string>;
  all: Map<string, string[]>;
  arguments: string[];
}

const flagPattern = /^--?([A-Za-z][A-Za-z0-9._-]*)(?:=([\s\S]*))?$/;

/** Names of the flags among some words, and whether each has a value of its own or a word behind it that can be one. */
export function flagNames(words: string[]): Array<{ name: string; valued: boolean }> {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).flatMap((word, i) => {
    const found = flagPattern.exec(word);
    const next = words[i + 1];
    return found ? [{ name: found[1], valued: found[2] !== undefined || (next !== undefined && !isFlag(next)) }] : [];
  });
}

/**
 * @param booleans flags that need no value: the next word is not theirs.
 * After `--` everything is an argument.
 */
export function parseFlags(words: string[], booleans: ReadonlySet<string>): Flags {
  const flags: Flags = { values: new Map(), all: new Map(), arguments: [] };
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--') {
      flags.arguments.push(...words.slice(i + 1));
      break;
    }
    const found = flagPattern.exec(word);
    if (!found) {
      flags.arguments.push(word);
      continue;
    }
    const [, name, given] = found;
    const value = given ?? (booleans.has(name) || words[i + 1] === undefined || isFlag(words[i + 1]) ? 'true' : words[++i]);
    flags.values.set(name, value);
    flags.all.set(name, [...(flags.all.get(name) ?? []), value]);
  }
  return flags;
}

/** A word that is a flag and not a value such as `-5m`, `-1` or `-`. */
function isFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
}

export const isTrue = (value: string | undefined): boolean => value !== undefined && !['false', '0', 'f', 'F', 'no', 'off'].includes(value);
