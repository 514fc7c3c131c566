import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { config } from '@grafana/runtime';
import ts from 'typescript';
import { stageTexts } from './editor/docs';
import { language, numberText, plural, t, useCatalogue, type Catalogue } from './i18n';
import { functionInfo } from './logql';

/** The catalogue of texts: complete, and everything a user reads is in it. `UPDATE=1 npx jest src/i18n` writes it anew. */

const catalogueFile = path.join(__dirname, 'locales/en-US/binocle-logs-datasource.json');
/** The language itself, the levels and the join are shared with the server: what they say is what servers say, in English. */
const shared = /^(logql|levels|correlate)\//;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|\btest[A-Z]\w*\.ts$/.test(file) && !shared.test(file.replaceAll('\\', '/')));
}

const sources = filesUnder(__dirname).map((file) => ts.createSourceFile(file, readFileSync(path.join(__dirname, file), 'utf8'), ts.ScriptTarget.Latest, true));

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

const where = (node: ts.Node) => `${node.getSourceFile().fileName}:${node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1}`;

interface Call {
  node: ts.CallExpression;
  name: 't' | 'plural';
}

const calls: Call[] = [];
for (const source of sources) {
  walk(source, (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && (node.expression.text === 't' || node.expression.text === 'plural')) {
      calls.push({ node, name: node.expression.text });
    }
  });
}

/** Texts by id, from the calls; ids that are made of a name come from the tables of names. */
function textsInCode(problems: string[]): Map<string, string> {
  const found = new Map<string, string>();
  const add = (id: string, text: string, at: string) => {
    if ((found.get(id) ?? text) !== text) {
      problems.push(`${at}: another text with the id ${id}`);
    }
    found.set(id, text);
  };
  for (const { node, name } of calls) {
    const [id] = node.arguments;
    const english = node.arguments[name === 't' ? 1 : 2];
    const at = where(node);
    if (!ts.isStringLiteral(id)) {
      if (!at.startsWith('editor/docs.ts')) {
        problems.push(`${at}: the id is not written out`);
      }
    } else if (name === 't' && ts.isStringLiteral(english)) {
      add(id.text, english.text, at);
    } else if (name === 'plural' && ts.isObjectLiteralExpression(english)) {
      for (const property of english.properties) {
        if (ts.isPropertyAssignment(property) && ts.isStringLiteral(property.initializer)) {
          add(`${id.text}_${property.name.getText()}`, property.initializer.text, at);
        }
      }
    } else {
      problems.push(`${at}: the English text is not written out`);
    }
  }
  stageTexts.forEach((text, word) => add(`stage.${word}`, text, 'editor/docs.ts'));
  functionInfo.forEach(({ doc }, name) => add(`function.${name}`, doc, 'logql/functions.ts'));
  return found;
}

function nested(texts: Map<string, string>): Catalogue {
  const all: Catalogue = {};
  for (const [id, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const parts = id.split('.');
    let place = all;
    for (const part of parts.slice(0, -1)) {
      place = (place[part] ??= {}) as Catalogue;
    }
    place[parts.at(-1)!] = text;
  }
  return all;
}

test('the catalogue has every text of the code, under one id each', () => {
  const problems: string[] = [];
  const written = `${JSON.stringify(nested(textsInCode(problems)), null, 2)}\n`;
  expect(problems).toEqual([]);
  if (process.env.UPDATE) {
    mkdirSync(path.dirname(catalogueFile), { recursive: true });
    writeFileSync(catalogueFile, written);
  }
  expect(existsSync(catalogueFile) && readFileSync(catalogueFile, 'utf8')).toBe(written);
});

test('texts are looked up when they are shown, not when a module is loaded', () => {
  const early = calls.filter(({ node }) => {
    for (let up: ts.Node = node; up; up = up.parent) {
      if (ts.isFunctionLike(up)) {
        return false;
      }
    }
    return true;
  });
  expect(early.map(({ node }) => where(node))).toEqual([]);
});

/** Attributes and properties whose text a user reads or hears. */
const readNames = new Set(['title', 'label', 'placeholder', 'aria-label', 'ariaLabel', 'description', 'tooltip', 'error', 'text', 'doc', 'detail', 'alt', 'content', 'message', 'loadingMessage', 'noOptionsMessage', 'group']);
/** Words of LogQL, examples of what to type, and names of things: the same in every language. */
const notWords = new Set([
  'duration', 'bytes', 'duration()', 'bytes()', 'by', 'without', 'pattern ""', 'regexp ""', 'line_format ""', 'label_replace',
  'hostname', 'instance', '(.*):\\d+', '$1', '1d', '{{hostname}}', 'trace', 'trace_id=(\\w+)', '^PANIC', 'https://example.com/${__value.raw}', '${__value.raw}', '{job="nginxlogs"}',
  'level=error trace_id=4bf92f3577b34da6 msg="payment failed"',
]);
/** Names Grafana and our own sums look statistics up by, and colours of levels: not for translating. */
const exempt = /^(frames\/(stats|levels|volume)\.ts)/;

function readableTexts(node: ts.Node): ts.Node[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
    return /\p{L}{2}/u.test(node.text) && !notWords.has(node.text) ? [node] : [];
  }
  if (ts.isTemplateExpression(node)) {
    return /\p{L}{2}/u.test([node.head, ...node.templateSpans.map((span) => span.literal)].map((part) => part.text).join('')) ? [node] : [];
  }
  if (ts.isConditionalExpression(node)) {
    return [...readableTexts(node.whenTrue), ...readableTexts(node.whenFalse)];
  }
  if (ts.isBinaryExpression(node) && ['||', '??', '&&', '+'].includes(node.operatorToken.getText())) {
    return [...readableTexts(node.left), ...readableTexts(node.right)];
  }
  return ts.isJsxExpression(node) && node.expression ? readableTexts(node.expression) : ts.isParenthesizedExpression(node) ? readableTexts(node.expression) : [];
}

test('what a user reads comes from the catalogue', () => {
  const literal: string[] = [];
  const say = (nodes: ts.Node[]) => literal.push(...nodes.map((node) => `${where(node)}: ${node.getText().trim()}`));
  for (const source of sources.filter(({ fileName }) => !exempt.test(fileName) && fileName !== 'wire.ts')) {
    walk(source, (node) => {
      if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) {
        say([node]);
      } else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) {
        say(readableTexts(node));
      } else if (ts.isJsxAttribute(node) && readNames.has(node.name.getText()) && node.initializer) {
        say(readableTexts(node.initializer));
      } else if (ts.isPropertyAssignment(node) && readNames.has(node.name.getText().replace(/^['"]|['"]$/g, ''))) {
        say(readableTexts(node.initializer));
      } else if (ts.isNewExpression(node) && node.expression.getText().endsWith('Error') && node.arguments?.[0]) {
        say(readableTexts(node.arguments[0]));
      }
    });
  }
  expect(literal).toEqual([]);
});

describe('looking up', () => {
  afterEach(() => useCatalogue(undefined));

  test('English as written, values filled in, other braces kept', () => {
    expect(t('x.y', 'Read {{count}} of {{label}}', { count: 3 })).toBe('Read 3 of {{label}}');
    expect([1, 2, 1234].map((count) => plural('x.lines', count, { one: '{{count}} line', other: '{{count}} lines' }))).toEqual(['1 line', '2 lines', `${numberText(1234)} lines`]);
  });

  test.each([[undefined, 'en-US'], ['', 'en-US'], ['not a language', 'en-US'], ['de-DE', 'de-DE']])('the language of Grafana %p', (given, expected) => {
    const before = config.bootData;
    config.bootData = { user: { language: given } } as typeof config.bootData;
    expect(language()).toBe(expected);
    config.bootData = before;
  });

  test('another language where it has a text', () => {
    useCatalogue({ x: { y: 'Ja, {{name}}', lines_one: '{{count}} Zeile', lines_other: '{{count}} Zeilen', toString: { a: '' } } });
    expect(t('x.y', 'Yes, {{name}}', { name: 'A' })).toBe('Ja, A');
    expect(t('x.z', 'No')).toBe('No');
    expect(t('x.y.deeper', 'No')).toBe('No');
    expect(t('constructor.name', 'No')).toBe('No');
    expect(plural('x.lines', 5, { one: '{{count}} line', other: '{{count}} lines' })).toBe('5 Zeilen');
  });
});
