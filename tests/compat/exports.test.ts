import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import ts from 'typescript';

/**
 * The built plugin takes these libraries from the Grafana it runs in. A name that Grafana lacks is no error there but undefined, and crashes
 * what uses it: so every name is looked up in what the oldest supported Grafana exports (written by writeExports.mjs).
 */
const root = path.resolve(__dirname, '../..');
const known = JSON.parse(readFileSync(path.join(__dirname, '10.1/exports.json'), 'utf8')) as Record<string, string[]>;

/** Libraries Grafana 10.1 shares besides; `module` is the loader's own. `react/jsx-runtime` came with Grafana 11.6. */
const shared = ['@emotion/css', '@emotion/react', 'lodash', 'module', 'moment', 'react', 'react-dom', 'rxjs', 'rxjs/operators', ...Object.keys(known)];

/** Names that a source file takes from packages at run time, as `package name`: what is left of its imports when types are gone. */
function runtimeImports(text: string): string[] {
  const { outputText } = ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.React }, fileName: 'file.tsx' });
  const found: string[] = [];
  for (const statement of ts.createSourceFile('file.js', outputText, ts.ScriptTarget.ES2020).statements) {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      const from = statement.moduleSpecifier.text;
      const bindings = statement.importClause?.namedBindings;
      const names = bindings && ts.isNamedImports(bindings) ? bindings.elements.map((element) => (element.propertyName ?? element.name).text) : ['*'];
      found.push(...names.map((name) => `${from} ${name}`));
    }
  }
  return found;
}

describe('the plugin in the oldest supported Grafana', () => {
  test('a missing name would be found', () => {
    assert.deepEqual(runtimeImports("import { Stack, type Props } from '@grafana/ui'; import type { X } from '@grafana/data'; export const a = <Stack />;"), ['@grafana/ui Stack']);
    assert.equal(known['@grafana/ui'].includes('Stack'), false);
  });

  test('every name the plugin takes from Grafana is there', () => {
    const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'));
    const taken = files.flatMap((file) => runtimeImports(readFileSync(path.join(root, 'src', file), 'utf8')).map((name) => ({ file, name })));
    const missing = taken.filter(({ name }) => {
      const [from, what] = name.split(' ');
      return from.startsWith('@grafana/') && what !== '*' && !known[from]?.includes(what);
    });
    assert.ok(taken.some(({ name }) => name === '@grafana/data DataSourceApi'));
    assert.deepEqual(missing, []);
  });

  test('the built plugin asks for no library that Grafana does not share', () => {
    const built = readFileSync(path.join(root, 'dist/module.js'), 'utf8');
    const asked = /define\(\[([^\]]*)\]/.exec(built)?.[1].replace(/"/g, '').split(',') ?? [];
    assert.ok(asked.includes('@grafana/ui'));
    assert.deepEqual(asked.filter((name) => !shared.includes(name)), []);
  });
});
