import assert from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import ts from 'typescript';

/** The style of the house that a machine can hold: who may import whom, no cycles, no dead files, no endless functions. */

const root = path.resolve(__dirname, '..');

interface Source {
  /** Path from the root, with forward slashes. */
  file: string;
  text: string;
  tree: ts.SourceFile;
  /** Imported files of this project, and imported packages, by specifier. */
  imports: Array<{ target: string; packaged: boolean }>;
}

function filesUnder(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      return ['dist', 'node_modules', 'testdata', 'fixtures', 'host', 'e2e'].includes(entry.name) ? [] : filesUnder(file);
    }
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [file] : [];
  });
}

function resolveImport(from: string, specifier: string): { target: string; packaged: boolean } {
  const bases = specifier.startsWith('.') ? [path.posix.join(path.posix.dirname(from), specifier)] : [`src/${specifier}`];
  for (const base of bases) {
    for (const end of ['', '.ts', '.tsx', '/index.ts', '/index.tsx', '.json']) {
      if (existsSync(path.join(root, base + end)) && (end !== '' || /\.\w+$/.test(base))) {
        return { target: base + end, packaged: false };
      }
    }
  }
  return { target: specifier, packaged: true };
}

function read(file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports: Source['imports'] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require')
          ? node.arguments[0]
          : undefined;
    if (specifier && ts.isStringLiteral(specifier)) {
      imports.push(resolveImport(file, specifier.text));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { file, text, tree, imports };
}

const sources = [...filesUnder('src'), ...filesUnder('backend'), ...filesUnder('tests')].map(read);
const byFile = new Map(sources.map((source) => [source.file, source]));
const isTest = (file: string): boolean => /\.(test|bench)\.tsx?$/.test(file) || file.startsWith('tests/') || file.endsWith('/contract.ts');

/** Import rules, as absences. `from` and `to` are matched against paths (or package names). */
const forbidden: Array<{ from: RegExp; to: RegExp; why: string; tests?: boolean }> = [
  { from: /^src\/(logql|levels|correlate)\//, to: /^(?!src\/(logql|levels|correlate)\/)/, why: 'the shared parts import nothing outside themselves' },
  { from: /^src\//, to: /^backend\//, why: 'the plugin knows the backend only through its HTTP API' },
  { from: /^backend\//, to: /^src\/(?!logql\/|levels\/|correlate\/|wire\.ts)/, why: 'the backend shares the language, the levels, the correlation and the wire types, nothing else' },
  { from: /^backend\/(?!store\/sqlite\/)/, to: /^better-sqlite3$/, why: 'no SQL outside its driver' },
  { from: /^backend\/(?!http\/)/, to: /^express$/, why: 'no HTTP objects outside http/' },
  { from: /^src\/(?!module\.ts)/, to: /^src\/datasource\.ts$/, why: 'helpers get the narrow thing they need, never the data source' },
  { from: /^backend\/(query|pipeline|text|store|ingest|model)\//, to: /^backend\/(http|agent|cli)\//, why: 'the middle does not know its shells' },
  { from: /^backend\/(pipeline|text|model)\//, to: /^backend\/(query|ingest)\//, why: 'stages do not know the engine' },
];

test('imports follow the directions of ARCHITECTURE.md', () => {
  const wrong = sources
    .filter((source) => !isTest(source.file))
    .flatMap((source) =>
      source.imports.flatMap(({ target }) =>
        forbidden.filter((rule) => rule.from.test(source.file) && rule.to.test(target)).map((rule) => `${source.file} imports ${target}: ${rule.why}`)
      )
    );
  assert.deepStrictEqual(wrong, []);
});

test('no import cycles, with or without types', () => {
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const walk = (file: string, trail: string[]): void => {
    if (state.get(file) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    if (state.has(file)) {
      return;
    }
    state.set(file, 'open');
    for (const { target } of byFile.get(file)?.imports ?? []) {
      if (byFile.has(target)) {
        walk(target, [...trail, file]);
      }
    }
    state.set(file, 'done');
  };
  sources.forEach((source) => walk(source.file, []));
  assert.deepStrictEqual(cycles, []);
});

test('no dead files: everything is reached from an entry point or a test', () => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (!reached.has(file)) {
      reached.add(file);
      byFile.get(file)?.imports.forEach(({ target }) => visit(target));
    }
  };
  const entries = /^(src\/module\.ts|backend\/(main|reader|writer)\.ts)$/;
  sources.filter(({ file }) => entries.test(file) || isTest(file)).forEach(({ file }) => visit(file));
  assert.deepStrictEqual(sources.map(({ file }) => file).filter((file) => !reached.has(file)), []);
});

test('no empty catch, no grab-bag names', () => {
  const wrong: string[] = [];
  for (const { file, tree } of sources) {
    if (/(^|\/)(utils?|common|helpers?|misc|manager)(\/|\.tsx?$)/i.test(file)) {
      wrong.push(`${file}: a name that says nothing`);
    }
    const visit = (node: ts.Node): void => {
      if (ts.isCatchClause(node) && node.block.statements.length === 0 && !/\/[/*]/.test(node.block.getFullText())) {
        wrong.push(`${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: an error swallowed without a reason`);
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  assert.deepStrictEqual(wrong, []);
});

test('a doc comment stands above what it speaks of, not above another one', () => {
  const wrong = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/\*\/[ \t]*\n[ \t]*\/\*\*/g)].map(({ index }) => `${file}:${text.slice(0, index).split('\n').length}`)
  );
  assert.deepStrictEqual(wrong, []);
});

/** Long ones that exist; the list may only shrink. */
const ratchet = JSON.parse(readFileSync(path.join(__dirname, 'tidy.json'), 'utf8')) as { functions: Record<string, number>; files: Record<string, number> };
const functionLinesMax = 70;
const fileLinesMax = 500;

test('functions and files stay short', () => {
  const wrong: string[] = [];
  for (const { file, text, tree } of sources.filter((source) => !isTest(source.file))) {
    const lines = text.split('\n').length - 1;
    if (lines > Math.max(fileLinesMax, ratchet.files[file] ?? 0)) {
      wrong.push(`${file}: ${lines} lines`);
    }
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body) {
        const from = tree.getLineAndCharacterOfPosition(node.getStart()).line;
        const length = tree.getLineAndCharacterOfPosition(node.getEnd()).line - from + 1;
        const owner = ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : (node.name?.getText() ?? '(anonymous)');
        if (length > Math.max(functionLinesMax, ratchet.functions[`${file} ${owner}`] ?? 0)) {
          wrong.push(`${file} ${owner}: ${length} lines`);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  assert.deepStrictEqual(wrong, []);
});
