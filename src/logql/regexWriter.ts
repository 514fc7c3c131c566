/** Pattern trees to JavaScript's notation. */
import { CharSet, printSet } from './regexClass';
import { RegexNode } from './regexParser';

/** Writes a tree as a JavaScript pattern. Case and newlines are spelled out, so only the `u` flag is ever needed. */
export class Writer {
  unicode = false;

  constructor(private readonly captures: boolean) {}

  write(node: RegexNode): string {
    switch (node.kind) {
      case 'empty':
        return '';
      case 'set':
        return this.writeSet(node.set);
      case 'beginText':
        return '^';
      case 'endText':
        return '$';
      case 'beginLine':
        return '(?<![^\\n])';
      case 'endLine':
        return '(?![^\\n])';
      case 'word':
        return '\\b';
      case 'noWord':
        throw new Error('BUG: \\B has no equal in JavaScript and must not get here');
      case 'group':
        return `(${this.captures && node.index !== undefined ? '' : '?:'}${this.write(node.node)})`;
      case 'concat':
        return node.nodes.map((child) => (child.kind === 'alternate' ? `(?:${this.write(child)})` : this.write(child))).join('');
      case 'alternate':
        return node.nodes.map((child) => this.write(child)).join('|');
      case 'repeat':
        return this.writeRepeat(node);
    }
  }

  private writeSet(set: CharSet): string {
    if (set.properties.length > 0 || set.negated || (set.ranges.at(-1) ?? 0) >= 0x80) {
      this.unicode = true;
    }
    return printSet(set);
  }

  private writeRepeat(node: RegexNode & { kind: 'repeat' }): string {
    const inner = this.write(node.node);
    const atom = node.node.kind === 'set' || node.node.kind === 'group' ? inner : `(?:${inner})`;
    const { min, max } = node;
    let count = `{${min},${max === Infinity ? '' : max}}`;
    if (max === Infinity && min <= 1) {
      count = min === 0 ? '*' : '+';
    } else if (min === 0 && max === 1) {
      count = '?';
    } else if (min === 1 && max === 1) {
      count = '';
    } else if (min === max) {
      count = `{${min}}`;
    }
    return atom + count + (node.greedy || min === max ? '' : '?');
  }
}
