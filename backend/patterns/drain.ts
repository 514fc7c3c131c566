import { anyWord, commonGap, isSign, patternOf, tokensOf, type Tokens } from './words';

/**
 * Templates of log lines with wildcards where lines differ, after Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with
 * Fixed Depth Tree", ICWS 2017): lines of one layout, that is with the same signs at the same places, are compared with the templates of their
 * group, and the most similar one takes them in, or a new one is made. How alike they are is a matter of words alone: times, numbers and signs
 * are the same in all lines of a program and say nothing.
 */

/** Share of equal words from which a line belongs to a template. */
const similarityMin = 0.8;
/** So many templates that differ in one word only are one: that word is a name. Fewer are told apart: `session opened`, `session closed`. */
const namesMin = 9;
/** Templates kept, and compared within a group: bounds on memory and on time per line. */
const templatesMax = 2_000;
const templatesPerGroupMax = 64;
/** Length of the lines remembered, by their text without what varies, so that most need no comparing. */
const shapesLengthMax = 1_000_000;

/** A pattern of LogQL with the lines it stands for. */
export interface Pattern {
  text: string;
  /** Lines by bucket. */
  counts: Map<number, number>;
  total: number;
}

interface Template extends Tokens, Omit<Pattern, 'text'> {
  /** Places of gaps that lines have in different lengths. */
  uneven: Set<number>;
  /** The template that took this one in. */
  into?: Template;
}

interface Group {
  templates: Template[];
  /** Full of templates that are no names: it takes no more. */
  full: boolean;
}

export class Drain {
  private readonly groups = new Map<string, Group>();
  private readonly shapes = new Map<string, Template>();
  private shapesLength = 0;
  private size = 0;

  /**
   * Counts a line in a bucket of time.
   * @param cut whether the line goes on behind what is given.
   */
  add(line: string, bucket: number, cut = false): void {
    const found = tokensOf(line, cut);
    if (found.tokens.length === 0) {
      return;
    }
    const template = this.templateOf(found);
    if (template) {
      count(template, bucket, 1);
    }
  }

  /** Most frequent first. Templates of several layouts may read the same: these are one pattern. */
  patterns(): Pattern[] {
    const byText = new Map<string, Pattern>();
    for (const group of this.groups.values()) {
      group.templates = joinNames(group.templates);
      for (const template of group.templates) {
        const text = patternOf(template, template.uneven);
        const pattern = byText.get(text) ?? { text, counts: new Map<number, number>(), total: 0 };
        byText.set(text, pattern);
        addCounts(pattern, template);
      }
    }
    return [...byText.values()].sort((a, b) => b.total - a.total || (a.text < b.text ? -1 : 1));
  }

  private templateOf(line: Tokens): Template | undefined {
    const shape = line.tokens.map((token, i) => line.gaps[i] + token).join('') + line.gaps[line.tokens.length];
    const known = this.shapes.get(shape);
    if (known) {
      return heir(known);
    }
    const template = this.find(line);
    if (template) {
      this.remember(shape, template);
    }
    return template;
  }

  private remember(shape: string, template: Template): void {
    if (this.shapesLength + shape.length > shapesLengthMax) {
      this.shapes.clear();
      this.shapesLength = 0;
    }
    this.shapes.set(shape, template);
    this.shapesLength += shape.length;
  }

  private find(line: Tokens): Template | undefined {
    const layout = line.tokens.map((token) => (isSign(token) ? token : 'a')).join('');
    const group = this.groups.get(layout) ?? { templates: [], full: false };
    let template = closest(group.templates, line);
    if (!template && group.templates.length >= templatesPerGroupMax && !group.full) {
      this.makeRoom(group);
      template = closest(group.templates, line);
    }
    if (template) {
      takeIn(template, line);
      return template;
    }
    if (this.size >= templatesMax || group.templates.length >= templatesPerGroupMax) {
      return undefined;
    }
    const opened: Template = { ...line, uneven: new Set(), counts: new Map(), total: 0 };
    group.templates.push(opened);
    this.groups.set(layout, group);
    this.size++;
    return opened;
  }

  /** Joins names, once more only if it helped: else each line would cost as much. */
  private makeRoom(group: Group): void {
    const before = group.templates.length;
    group.templates = joinNames(group.templates);
    this.size -= before - group.templates.length;
    group.full = group.templates.length > before / 2;
  }
}

function heir(template: Template): Template {
  let at = template;
  while (at.into) {
    at = at.into;
  }
  return at;
}

function closest(templates: Template[], line: Tokens): Template | undefined {
  let best: Template | undefined;
  let bestScore = similarityMin;
  for (const template of templates) {
    const score = similarity(template, line);
    if (score >= bestScore && (!best || score > bestScore)) {
      best = template;
      bestScore = score;
    }
  }
  return best;
}

/** Share of the places with a word on either side that are equal; where a template had different words already, any fits. */
function similarity(template: Tokens, line: Tokens): number {
  const missesMax = line.tokens.length * (1 - similarityMin);
  let equal = 0;
  let words = 0;
  for (let i = 0; i < line.tokens.length; i++) {
    const token = template.tokens[i];
    if ((line.words[i] || template.words[i]) && token !== anyWord) {
      words++;
      equal += token === line.tokens[i] ? 1 : 0;
      if (words - equal > missesMax) {
        return 0;
      }
    }
  }
  return words === 0 ? 1 : equal / words;
}

function takeIn(template: Template, line: Tokens): void {
  for (let i = 0; i < line.tokens.length; i++) {
    if (template.tokens[i] !== line.tokens[i]) {
      template.tokens[i] = anyWord;
      template.words[i] = false;
    }
  }
  for (let i = 0; i < line.gaps.length; i++) {
    if (template.gaps[i] !== line.gaps[i]) {
      template.gaps[i] = commonGap(template.gaps[i], line.gaps[i]);
      template.uneven.add(i);
    }
  }
}

/** Joins templates of one layout that are equal but for one word, when there are as many as names are. */
function joinNames(templates: Template[]): Template[] {
  let left = templates;
  for (let i = 0; left.length >= namesMin && i < left[0].tokens.length; i++) {
    const others = new Map<string, Template[]>();
    for (const template of left) {
      const rest = template.tokens.map((token, at) => (at === i ? '' : token)).join(' ');
      const alike = others.get(rest);
      if (alike) {
        alike.push(template);
      } else {
        others.set(rest, [template]);
      }
    }
    if (others.size < left.length) {
      left = [...others.values()].flatMap((alike) => (alike.length >= namesMin || alike.some(({ tokens }) => tokens[i] === anyWord) ? [joined(alike)] : alike));
    }
  }
  // What is one template now may make names of words before it.
  return left.length < templates.length ? joinNames(left) : left;
}

function joined([first, ...rest]: Template[]): Template {
  for (const template of rest) {
    takeIn(first, template);
    addCounts(first, template);
    for (const gap of template.uneven) {
      first.uneven.add(gap);
    }
    template.into = first;
  }
  return first;
}

type Counted = Pick<Pattern, 'counts' | 'total'>;

function addCounts(to: Counted, from: Counted): void {
  for (const [bucket, lines] of from.counts) {
    count(to, bucket, lines);
  }
}

function count(to: Counted, bucket: number, lines: number): void {
  to.counts.set(bucket, (to.counts.get(bucket) ?? 0) + lines);
  to.total += lines;
}
