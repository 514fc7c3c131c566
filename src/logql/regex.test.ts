import { RE2JS } from 're2js';
import { captureNames, literals, matchesEmpty, quoteRegex, regexError, translate } from './regex';

describe('errors in the words of Go', () => {
  test.each([
    ['(', 'missing closing ): `(`'],
    ['a)', 'unexpected ): `a)`'],
    ['[a', 'missing closing ]: `[a`'],
    ['x{2,1}', 'invalid repeat count: `{2,1}`'],
    ['x{1001}', 'invalid repeat count: `{1001}`'],
    ['(a{100}){100}', 'invalid repeat count: `{100}`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a+?*', 'invalid nested repetition operator: `+?*`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['a|+?b', 'missing argument to repetition operator: `+?`'],
    ['[z-a]', 'invalid character class range: `z-a`'],
    ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
    ['\\pX', 'invalid character class range: `\\pX`'],
    ['\\p{Nope}', 'invalid character class range: `\\p{Nope}`'],
    ['\\8', 'invalid escape sequence: `\\8`'],
    ['\\1', 'invalid escape sequence: `\\1`'],
    ['\\C', 'invalid escape sequence: `\\C`'],
    ['\\', 'trailing backslash at end of expression: ``'],
    ['(?P<a', 'invalid named capture: `(?P<a`'],
    ['(?P<a b>x)', 'invalid named capture: `(?P<a b>`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
    ['(?i-)a', 'invalid or unsupported Perl syntax: `(?i-)`'],
  ])('%s', (pattern, error) => {
    expect(regexError(pattern)).toBe(`error parsing regexp: ${error}`);
  });

  test.each(['', 'a{,2}', 'a{', '[]a]', '[^]a]', '[a-]', '(?i)(?-i:a)', '\\Q*+\\E', '\\pL\\p{Greek}\\P{^Lu}', '(?<n>a)', '\\_', '^*', '(?U)a+?'])('%j is fine', (pattern) => {
    expect(regexError(pattern)).toBeUndefined();
  });
});

test.each([
  ['', true],
  ['.*', true],
  ['a|', true],
  ['(^$)?', true],
  ['.+', false],
  ['\\b', false],
  ['\\B', true],
])('%j matches the empty text: %s', (pattern, expected) => {
  expect(matchesEmpty(pattern)).toBe(expected);
});

test('names of groups', () => {
  expect(captureNames('(?P<a>x)(y)(?<b>z)')).toEqual(['a', 'b']);
  expect(captureNames('(?P<a>')).toEqual([]);
});

test('quoting', () => {
  for (const text of ['a.b*c', '[x](y){z}', '^$|\\', '1+1?']) {
    expect(new RegExp(`^${quoteRegex(text)}$`).test(text)).toBe(true);
  }
});

describe('required literals', () => {
  test.each([
    ['error', [{ any: ['error'], ignoreCase: false }]],
    ['(?i)error', [{ any: ['error'], ignoreCase: true }]],
    ['foo.*bar', [{ any: ['foo'], ignoreCase: false }, { any: ['bar'], ignoreCase: false }]],
    ['foo|bar', [{ any: ['foo', 'bar'], ignoreCase: false }]],
    ['(get|put) /api', [{ any: ['get /api', 'put /api'], ignoreCase: false }]],
    ['ab?c', [{ any: ['ac', 'abc'], ignoreCase: false }]],
    ['(foo)+', [{ any: ['foo'], ignoreCase: false }]],
    ['(foo)*', []],
    ['foo|.*', []],
    ['x.*foo|bar.*yy', [{ any: ['foo', 'bar'], ignoreCase: false }]],
    ['^\\d{3} failed$', [{ any: [' failed'], ignoreCase: false }]],
    ['(', []],
  ])('%s', (pattern, expected) => {
    expect(literals(pattern)).toEqual(expected);
  });
});

describe('translation', () => {
  test.each([
    ['(?i)error', {}],
    ['^(?P<ip>\\S+) .*"(?P<method>\\w+) (?P<path>\\S+)', {}],
    ['" (?P<status>\\d{3}) ', {}],
    ['.*foo.*', { testOnly: true }],
    ['.*foo.*', { anchored: true, testOnly: true }],
    ['\\d+ms', { testOnly: true }],
    ['prod|dev|staging', { anchored: true }],
    ['level=\\s+error', {}],
    ['foo.*bar.+baz', { testOnly: true }],
    ['(?s)foo.*(?:bar|quux)', { testOnly: true }],
    ['.*foo.*bar.*', { anchored: true, testOnly: true }],
  ])('%s is safe with %j', (pattern, options) => {
    expect(translate(pattern, options)).toBeDefined();
  });

  test.each([
    ['(a+)+b', {}],
    ['(a|a)*b', {}],
    ['\\d+ms', {}],
    ['foo.*bar', {}],
    ['(?:abcdef|c).*de', { testOnly: true }],
    ['fo+.*bar', { testOnly: true }],
    ['.*a.*b.*c', { anchored: true }],
    ['(a?){50}a{50}', {}],
    ['[ab]+a', {}],
    ['(', {}],
  ])('%s is not (provably) safe with %j', (pattern, options) => {
    expect(translate(pattern, options)).toBeUndefined();
  });

  test('groups are numbered as in the pattern', () => {
    const found = translate('^(?P<a>\\w+)=(x)?(?P<b>\\d)')!;
    expect(found.captures).toEqual(['a', undefined, 'b']);
    expect([...new RegExp(found.source, found.flags).exec('k=1')!]).toEqual(['k=1', 'k', undefined, '1']);
  });
});

describe('agreement with an RE2 engine on random patterns', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  let state = seed;
  const random = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
  const row = (items: string[], most: number) => Array.from({ length: random(most) + 1 }, () => items[random(items.length)]).join('');
  const parts = ['a', 'b', 'K', 's', 'é', 'ß', '.', '\\d', '\\w+', '\\s', '[ab]', '[^a]', '[a-k]+', '[[:alpha:]]', '\\pL', '^', '$', '\\b', '\\B', 'foo',
    '\\.', ' ', '1', 'x*', '.*', '.*', '.+', '[^ ]+', '(?i)', '(?s)', '(?m)', '(?U)', '\\z', '\\A', '(?:', '(', ')', '|', '*', '+', '?', '{2}', '{1,3}', '{2,}',
    '{', '}', '[', ']', '\\', '-', '\\Qa.b\\E', '\\x41', '\\x{e9}', '\\p{Greek}', '[\\s\\S]', '"', '\\n', '??', '*?', '(?i:k)', '(?-s:.)', '[\\w-]', 'σ']; // prettier-ignore
  const pieces = ['a', 'b', 'K', 'k', 's', 'S', '\u017f', '\u212a', 'é', 'É', 'ß', 'ẞ', '1', ' ', '\n', 'foo', '"', '.', 'x', 'σ', 'ς', '\u{1f600}', '\r', '\u2028', '_', 'a.b'];
  const rounds = Number(process.env.FUZZ ?? 2_000);

  const compile = (pattern: string) => {
    try {
      return RE2JS.compile(pattern);
    } catch {
      return undefined;
    }
  };
  const find = (pattern: string, text: string) => compile(pattern)!.matcher(text).find();

  /** Jest's expect costs more than a match. */
  const same = (what: string, pattern: string, ours: unknown, theirs: unknown, text?: string) => {
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      throw new Error(`${what} of ${JSON.stringify(pattern)} on ${JSON.stringify(text)}: ours ${JSON.stringify(ours)}, RE2 ${JSON.stringify(theirs)}`);
    }
  };

  test(`seed ${seed}`, () => {
    let translated = 0;
    for (let round = 0; round < rounds; round++) {
      const pattern = row(parts, 6);
      const engine = compile(pattern);
      same('validity', pattern, regexError(pattern) === undefined, engine !== undefined);
      if (engine === undefined) {
        continue;
      }
      same('emptiness', pattern, matchesEmpty(pattern), find(`^(?:${pattern})$`, ''));
      const plain = translate(pattern);
      const test = translate(pattern, { testOnly: true });
      const whole = translate(pattern, { anchored: true, testOnly: true });
      translated += plain === undefined ? 0 : 1;
      for (let tries = 0; tries < 5; tries++) {
        const text = row(pieces, 6);
        const matcher = engine.matcher(text);
        const found = matcher.find();
        if (plain !== undefined) {
          const groups = found ? Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? null) : null;
          const ours = new RegExp(plain.source, plain.flags).exec(text);
          same('groups', pattern, ours === null ? null : Array.from(ours, (group) => group ?? null), groups, text);
        }
        if (test !== undefined) {
          same('test', pattern, new RegExp(test.source, test.flags).test(text), found, text);
        }
        if (whole !== undefined) {
          same('whole match', pattern, new RegExp(whole.source, whole.flags).test(text), find(`^(?:${pattern})$`, text), text);
        }
        for (const clause of found ? literals(pattern) : []) {
          const has = clause.any.some((item) => new RegExp(quoteRegex(item), clause.ignoreCase ? 'iu' : 'u').test(text));
          same(`literals ${JSON.stringify(clause)}`, pattern, has, true, text);
        }
      }
    }
    expect(translated).toBeGreaterThan(rounds / 10);
  });
});
