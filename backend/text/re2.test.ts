import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from 're2js';
import { seeded, testSeed } from './random';
import { compileAnchored, compileRegex, expandTemplate, replaceAll, replaceAllLiteral } from './re2';

const catastrophic: Array<[pattern: string, text: string]> = [
  ['(a+)+$', `${'a'.repeat(50_000)}!`],
  ['(a|a)*b', 'a'.repeat(50_000)],
  ['(.*)*x', 'a'.repeat(50_000)],
  ['(a|ab)(c|bcd)(d*)*z', 'abcd'.repeat(10_000)],
  ['x*x*x*x*x*y', 'x'.repeat(50_000)],
  [`${'a?'.repeat(30)}${'a'.repeat(30)}$`, 'a'.repeat(29)],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(50_000)],
  ['(\\w+\\s?)+!', 'word '.repeat(10_000)],
  ['.*.*.*=.*;', 'a='.repeat(20_000)],
  ['(?:\\d+,?)+x', '1,'.repeat(20_000)],
];

for (const [pattern, text] of catastrophic) {
  // A backtracking engine would not come back while this process lives.
  test(`${pattern.slice(0, 40)} comes back`, () => {
    assert.equal(compileRegex(`${pattern}never`).test(text), false);
    compileRegex(pattern).exec(text.slice(0, 5_000));
    compileRegex(pattern).test(text);
  });
}

test('mistakes are worded as Go words them', () => {
  for (const [pattern, message] of [
    ['[a', 'error parsing regexp: missing closing ]: `[a`'],
    ['x{2,1}', 'error parsing regexp: invalid repeat count: `{2,1}`'],
    ['(?P<a', 'error parsing regexp: invalid named capture: `(?P<a`'],
    ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
  ]) {
    assert.throws(() => compileRegex(pattern), { status: 400, message });
  }
});

test('looking for all matches begins at the start, whatever was looked for before', () => {
  const regex = compileRegex('[a-c]');
  assert.equal(regex.exec('xab')?.[0], 'a');
  assert.equal(replaceAll(regex, 'abc', '-'), '---');
});

test('an empty match does not cut a character in two', () => {
  assert.equal(replaceAll(compileRegex('x*'), '😀a', '-'), '-😀-a-');
});

const pieces = ['a', 'b', 'ab', '.', '\\d', '\\w', '\\s', '[a-c]', '[^a]', '(a|b)', '(?:ab|c)', '(?i)B', '^', '$', '\\b', 'é', '(?P<n>a+)', '[[:alpha:]]', '\\.', ' ', '(?s).', '1', '(a|)', '(?m)^', 'K', 'ſ'];
const repeats = ['', '', '', '*', '+', '?', '{2}', '{1,3}', '*?', '+?'];
const texts = ['', 'a', 'ab', 'abc abc', 'AB12 ab', 'aaaab', 'é a\nb', '1.2.3', '   ', 'ſk K', 'cab b1', '😀a', 'a\n', '\u0000a'];

test('V8 and RE2 agree wherever V8 is used', () => {
  const random = seeded(testSeed);
  for (let round = 0; round < 4_000; round++) {
    let pattern = '';
    for (let i = random(5) + 1; i > 0; i--) {
      pattern += pieces[random(pieces.length)] + repeats[random(repeats.length)] + (random(6) === 0 ? '|' : '');
    }
    let expected: RE2JS;
    try {
      expected = RE2JS.compile(pattern);
    } catch {
      // Not a pattern: the same refusal must come from ours.
      assert.throws(() => compileRegex(pattern), { status: 400 });
      continue;
    }
    const regex = compileRegex(pattern);
    const anchored = compileAnchored(pattern);
    const whole = RE2JS.compile(`^(?:${pattern})$`);
    for (const text of texts) {
      const where = `seed ${testSeed}: ${pattern} on ${JSON.stringify(text)}`;
      const matcher = expected.matcher(text);
      const found = matcher.find();
      assert.equal(regex.test(text), found, where);
      assert.equal(anchored.test(text), whole.matcher(text).find(), `${where}, anchored`);
      const groups = found ? Array.from({ length: expected.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined) : undefined;
      assert.deepEqual(regex.exec(text) && [...regex.exec(text)!], groups, where);
    }
  }
});

test('replaces as Go does', () => {
  assert.equal(replaceAll(compileRegex('a(x*)b'), '-ab-axxb-', '$1W'), '---');
  assert.equal(replaceAll(compileRegex('a(x*)b'), '-ab-axxb-', '${1}W'), '-W-xxW-');
  assert.equal(replaceAll(compileRegex('a*'), 'baaac', 'x'), 'xbxcx');
  assert.equal(replaceAll(compileRegex('(?P<first>\\w)(\\w)'), 'abcd', '${2}$first-'), 'ba-dc-');
  assert.equal(replaceAllLiteral(compileRegex('[0-9]+'), 'a1b22', '$0'), 'a$0b$0');
  assert.equal(expandTemplate('$$ $x ${y} $1z $', ['whole', 'one'], [undefined, 'x']), '$ one   $');
});
