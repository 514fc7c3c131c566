import { looseTests } from './regexLoose';

/** Tests in short: `*` anything, `+` something, `=x` equals, `~x` contains, with `i` in front where case does not count. */
function short(pattern: string): string | undefined {
  return looseTests(pattern)
    ?.map((test) => ('text' in test ? `${test.ignoreCase ? 'i' : ''}${test.kind === 'equals' ? '=' : '~'}${test.text}` : test.kind === 'anything' ? '*' : '+'))
    .join(' ');
}

describe('label patterns that Loki compares as texts', () => {
  test.each([
    ['', '*'],
    ['.*', '*'],
    ['.+', '+'],
    ['error', '=error'],
    ['(error)', '=error'],
    ['(?:err)or', '=error'],
    ['(?i)Error1', 'i=error1'],
    ['[e]rr', undefined],
    ['err.*', '~err'],
    ['.*err', '~err'],
    ['.*err.*', '~err'],
    ['(err.*)', '~err'],
    ['(?i)err.*', 'i~err'],
    ['err.+', undefined],
    ['a.*b', undefined],
    ['^err', undefined],
    ['err$', undefined],
    ['5..', undefined],
    ['5\\d+', undefined],
    ['warn|error', '=warn =error'],
    ['(warn|error)', '=warn =error'],
    ['err.*|warn', '~err =warn'],
    // A common start is taken out of neighbours, and what is left of each is looked for.
    ['warn|warning', '~warn ~warning'],
    ['info|invalid', '~info ~invalid'],
    ['info|warn|invalid', '=info =warn =invalid'],
    ['200|204', undefined],
    ['200|404', '=200 =404'],
    ['200|201|500', undefined],
    ['a|b', undefined],
    ['a|bc', '=a =bc'],
    ['foo(bar|buzz)', undefined],
    ['foo(bar|quz)', '~foobar ~fooquz'],
    ['foo(bar|qux).*', '~foobar ~fooqux'],
    ['(foo|qux)bar', undefined],
    ['foo.*|', '~foo'],
    ['info|', '=info'],
    ['a||b', '=a =b'],
    ['a|.*|b', '=a =b'],
    ['.*|.*', '*'],
    ['.*|.+', '+'],
    ['x?', undefined],
    ['fo{1}o', '=foo'],
    ['(', undefined],
  ])('%s', (pattern, expected) => {
    expect(short(pattern)).toBe(expected);
  });
});
