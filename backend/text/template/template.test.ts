import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTemplate, TemplateError } from './index';

/** What Go's text/template with Loki's functions writes for a template over `labels`; `fails` rows give the message. */
const labels = new Map([
  ['app', 'plain'],
  ['env', 'prod'],
  ['n', '12'],
  ['j', '{"a":{"b":[1,2.5,"x",null,true]},"z":1}'],
  ['uni', 'héllo wörld'],
]);
const entry = { line: () => 'the line', tsNs: () => 1_795_176_000_123_456_789n };

const writes: Array<[template: string, out: string]> = [
  ['plain text', 'plain text'],
  ['{{.app}}', 'plain'],
  ['{{ .nope }}|', '|'],
  ['a {{- " b " -}} c', 'a b c'],
  ['a {{/* comment */}} b', 'a  b'],
  ['a {{- /* comment */ -}} b', 'ab'],
  ['{{if .app}}y{{else}}n{{end}}', 'y'],
  ['{{if .nope}}1{{else if eq .env "prod"}}2{{else}}3{{end}}', '2'],
  ['{{with .nope}}{{.}}{{else}}none{{end}}', 'none'],
  ['{{with $x := .env}}{{$x}}-{{.}}-{{$.app}}{{end}}', 'prod-prod-plain'],
  ['{{with .nope}}1{{else with .app}}{{.}}{{end}}', 'plain'],
  ['{{$x := 1}}{{$x = add $x 2}}{{$x}}', '3'],
  ['{{$x := "a"}}{{if true}}{{$x = "b"}}{{end}}{{$x}}', 'b'],
  ['{{range $i, $e := (index (fromJson .j) "a").b}}{{$i}}={{$e}};{{end}}', '0=1;1=2.5;2=x;3=<no value>;4=true;'],
  ['{{range $k, $v := fromJson .j}}{{$k}} {{end}}', 'a z '],
  ['{{range (fromJson "[1,2,3,4]")}}{{if eq . 3.0}}{{break}}{{end}}{{if eq . 1.0}}{{continue}}{{end}}{{.}}{{end}}', '2'],
  ['{{range 3}}{{.}}{{end}}', '012'],
  ['{{range fromJson "[]"}}x{{else}}empty{{end}}', 'empty'],
  ['{{define "t"}}<{{.}}>{{end}}{{template "t" .app}}{{template "t" 1}}', '<plain><1>'],
  ['{{block "b" .app}}[{{.}}]{{end}}', '[plain]'],
  ['{{.app | upper | printf "%s!"}}', 'PLAIN!'],
  ['{{printf "%d %5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%U|%q" 42 42 42 42 42 255 255 8 5 65 65 65}}', "42    42|42   |00042|+42|ff|FF|10|101|A|U+0041|'A'"],
  ['{{printf "%s|%10s|%-10s|%.2s|%q|%x|% x|%v" .app .app .app .app .app "hi" "hi" .app}}', 'plain|     plain|plain     |pl|"plain"|6869|68 69|plain'],
  ['{{printf "%-40.40s|" .uni}}', 'héllo wörld                             |'],
  ['{{printf "%f %.2f %5.1f|%e %g %v %G" 1.5 1.005 2.25 1234.5678 1e21 1e20 1e-7}}', '1.500000 1.00   2.2|1.234568e+03 1e+21 1e+20 1E-07'],
  ['{{printf "%t %v %T %T %T %T" true nil 1 1.5 "s" true}}', 'true <nil> int float64 string bool'],
  ['{{printf "%d %s %z %d" "x" 1 2}}', '%!d(string=x) %!s(int=1) %!z(int=2) %!d(BADINDEX)'.replace('BADINDEX', 'MISSING')],
  ['{{printf "%d" 1 2}}', '1%!(EXTRA int=2)'],
  ['{{printf "%[2]d %[1]d" 1 2}} {{printf "%*d" 5 42}} {{printf "100%%"}}', '2 1    42 100%'],
  ['{{printf "%v %+v %#v" (fromJson "{\\"a\\":[1,\\"b\\"]}") "s" "s"}}', 'map[a:[1 b]] s "s"'],
  ['{{print "a" 1 2 "b" 3}} {{println "a" 1}}', 'a1 2b3 a 1\n'],
  ['{{len .app}} {{len .uni}} {{index .uni 1}} {{slice .app 1 3}}', '5 13 195 la'],
  ['{{html "<a href=\'x\'>&\\""}} {{js "it\'s <b>"}} {{urlquery "a b/c?d=e&f"}}', '&lt;a href=&#39;x&#39;&gt;&amp;&#34; it\\\'s \\u003Cb\\u003E a+b%2Fc%3Fd%3De%26f'],
  ['{{eq 1 2 3 1}} {{ne "a" "b"}} {{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 2.5}} {{not .app}}', 'true true true true true false false'],
  ['{{and .app 0}} {{or .nope 0 "x"}} {{and}}'.replace(' {{and}}', ''), '0 x'],
  ['{{or .app (index .app 99)}}', 'plain'],
  ["{{'a'}} {{0x1F}} {{1_000}} {{1e3}} {{-5}} {{`raw\\n`}} {{\"\\u00e9\\t\"}}", '97 31 1000 1000 -5 raw\\n é\t'],
  ['{{3.0}} {{0.1}} {{1e21}} {{1e20}} {{123456789.0}}', '3 0.1 1e+21 1e+20 1.23456789e+08'],
  ['{{(fromJson .j).a.b}}', '[1 2.5 x <nil> true]'],
  ['{{$x := fromJson "no"}}{{$x.a}} {{$x.a.b}} {{(fromJson "no").a}}', '<no value> <no value> <no value>'],
  ['{{title "hello-world foo_bar"}} {{trunc 3 .app}} {{trunc -3 .app}} {{substr 1 3 .app}} {{substr -1 2 .app}} {{substr 2 -1 .app}}', 'Hello-World Foo_bar pla ain la pl ain'],
  ['{{trim "  x "}}|{{trimAll "-" "--x--"}}|{{trimPrefix "a" "ab"}}|{{trimSuffix "b" "ab"}}|{{TrimLeft "xxa" "x"}}|{{TrimRight "axx" "x"}}|{{Trim "xax" "x"}}|{{TrimSpace " a "}}', 'x|x|b|a|a|a|a|a'],
  ['{{Replace "aaa" "a" "b" 2}} {{replace "a" "b" "aaa"}} {{Replace "ab" "" "-" -1}} {{ToLower "ÀB"}} {{upper "straße"}}', 'bba bbb -a-b- àb STRAßE'],
  ['{{lower "ÀİΣ"}} {{upper "ßŉ"}}', 'àiσ ßŉ'],
  ['{{alignLeft 7 .app}}|{{alignRight 7 .app}}|{{alignLeft 2 .app}}|{{alignRight 2 .app}}|{{indent 2 "a\\nb"}}|{{nindent 1 "a"}}|{{repeat 3 "ab"}}', 'plain  |  plain|pl|in|  a\n  b|\n a|ababab'],
  ['{{regexReplaceAll "(\\\\w)(\\\\w)" "abcd" "$2${1}$$"}} {{regexReplaceAllLiteral "a" "banana" "$1"}} {{count "a." "banana"}} {{regexReplaceAll "a*" "baaac" "x"}}', 'ba$dc$ b$1n$1n$1 2 xbxcx'],
  ['{{contains "la" .app}} {{hasPrefix "pl" .app}} {{hasSuffix "x" .app}}', 'true true false'],
  ['{{b64enc "a"}} {{b64dec "YQ=="}} {{b64dec "???"}} {{urlencode "ä b"}} {{urldecode "%C3%A4+b"}}', 'YQ== a illegal base64 data at input byte 0 %C3%A4+b ä b'],
  ['{{int "12"}} {{int "0x10"}} {{int "x"}} {{int 3.9}} {{float64 "1.50"}} {{bytes "1.5KB"}} {{duration "1h30m"}} {{duration_seconds "1.5s"}}', '12 16 0 3 1.5 1500 5400 1.5'],
  ['{{int "5."}} {{int "5.0"}} {{add "5." 1}}', '0 5 1'],
  ['{{add}} {{add 1 "2" 3}} {{sub 1 2}} {{mul 2 3 4}} {{div 7 2}} {{div -7 2}} {{mod -7 3}}', '0 6 -1 24 3 -3 -1'],
  ['{{addf 0.1 0.2}} {{subf 1 0.9}} {{mulf 1.1 1.1}} {{divf 1 3}} {{divf 2 4}}', '0.3 0.1 1.21 0.3333333333333333 0.5'],
  ['{{max 1 3 2}} {{min 3 1}} {{maxf 1.5 2}} {{minf 1.5 2}} {{ceil 1.2}} {{floor -1.2}} {{round 2.345 2}} {{round 10.5 0}}', '3 1 2 1.5 2 -2 2.35 11'],
  ['{{default "d" .nope}} {{default "d" .app}} {{.nope | default "p"}}', 'd plain p'],
  ['{{__line__}} {{__line__ | len}}', 'the line 8'],
  ['{{__timestamp__ | date "2006-01-02T15:04:05.000000000Z07:00"}}', '2026-11-20T12:00:00.123456789Z'],
  ['{{unixEpoch __timestamp__}} {{unixEpochMillis __timestamp__}} {{unixEpochNanos __timestamp__}}', '1795176000 1795176000123 1795176000123456789'],
  ['{{unixToTime "1700000000123" | date "15:04:05.000"}} {{unixToTime "19373" | date "2006-01-02"}}', '22:13:20.123 2023-01-16'],
  ['{{toDate "2006-01-02 15:04" "2026-03-01 10:30" | unixEpoch}} {{toDateInZone "2006-01-02 15:04" "Europe/Berlin" "2026-07-01 10:30" | unixEpoch}}', '1772361000 1782894600'],
  ['{{toDateInZone "2006-01-02" "No/Where" "2026-07-01" | date "2006-01-02 MST"}}', '2026-07-01 UTC'],
  ['{{toDate "2006" "x" | unixEpoch}}', '-62135596800'],
  ['{{__timestamp__.Format "15:04:05.000"}} {{$t := unixToTime "1700000000"}}{{$t.Year}} {{"2006-01" | $t.Format}} {{$t.Before __timestamp__}} {{$t.After __timestamp__}} {{$t.Equal $t}}', '12:00:00.123 2023 2023-11 true false true'],
  ['{{printf "%v" __timestamp__}}', '2026-11-20 12:00:00.123456789 +0000 UTC'],
  ['{{ .app | len | add 1 }}', '6'],
  ['{{toDateInZone "2006-01-02 15:04" "Europe/Berlin" "2026-07-01 10:30" | date "15:04 MST -0700"}}', '08:30 UTC +0000'],
  ['{{(toDateInZone "2006-01-02 15:04" "Europe/Berlin" "2026-07-01 10:30").Format "15:04 MST"}}', '10:30 CEST'],
  ['{{toDateInZone "2006-01-02 15:04 MST" "Europe/Berlin" "2026-01-05 10:30 CET" | unixEpoch}}', '1767605400'],
  ['{{toDate "15:04 -0700" "10:30 +0200"}}', '0000-01-01 10:30:00 +0200 +0200'],
  ['{{toDate "2006" "x" | unixEpochNanos}} {{__timestamp__.UnixMicro}} {{__timestamp__.Local.Hour}}', '-6795364578871345152 1795176000123456 12'],
  ['{{date "05.0000000000" __timestamp__}}', '00.123456789'],
  ['{{printf "%+v %+d %+.1f %v" 5 5 1.5 5}}', '5 +5 +1.5 5'],
  ['{{printf "%#v %#v" (fromJson `[null,{"a":1}]`) "x"}}', '[]interface {}{interface {}(nil), map[string]interface {}{"a":1}} "x"'],
  ['{{printf "%06t|%05c|%8v|%08v" true 65 (fromJson "[null,true]") nil}}', '00true|0000A|[<nil>     true]|000<nil>'],
  ['{{printf "%+q %U %#U %#o %#O" "é😀" -1 7 8 8}}', '"\\u00e9\\U0001f600" U+FFFFFFFFFFFFFFFF U+0007 010 0o010'],
  ['{{printf "%5d|%.2d|%.*f" "a" 1.5 -1 2.5}}', '%!d(string=    a)|%!d(float64=1.5)|%!(BADPREC)2.500000'],
  ['{{printf "%[5]d %d %[x]d" 1 2}}', '%!d(BADINDEX) 1 %!d(BADINDEX)'],
  ['{{html .app nil}} {{b64dec "YWI"}} {{b64dec "YWJjZA"}}', 'plain&lt;no value&gt; illegal base64 data at input byte 0 illegal base64 data at input byte 4'],
  ['{{int "1_000"}} {{float64 "1_000.5"}} {{fromJson "1e999"}} {{fromJson `"\\ud83d"`}}', '1000 1000.5 <no value> \uFFFD'],
  ['{{eq __timestamp__ __timestamp__}}', 'true'],
  ['{{printf "%x %#g" 1.5 1.5}}', '%!x(float64=1.5) 1.5'], // unlike Go: docs/logql.md
];

for (const [template, out] of writes) {
  test(`writes ${template}`, () => assert.equal(compileTemplate('line', template).execute(labels, entry), out));
}

const refuses: Array<[template: string, message: string]> = [
  ['{{', 'template: line:1: unclosed action'],
  ['{{.app', 'template: line:1: unclosed action'],
  ['a\n{{nofunc}}', 'template: line:2: function "nofunc" not defined'],
  ['{{if .a}}x', 'template: line:1: unexpected EOF'],
  ['{{end}}', 'template: line:1: unexpected {{end}}'],
  ['{{else}}', 'template: line:1: unexpected {{else}}'],
  ['{{$x}}', 'template: line:1: undefined variable "$x"'],
  ['{{}}', 'template: line:1: missing value for command'],
  ['{{if}}x{{end}}', 'template: line:1: missing value for if'],
  ['{{"a}}', 'template: line:1: unterminated quoted string'],
  ['{{`a}}', 'template: line:1: unterminated raw quoted string'],
  ['{{(1}}', 'template: line:1: unclosed left paren'],
  ['{{1)}}', 'template: line:1: unexpected right paren'],
  ['{{/* a}}', 'template: line:1: unclosed comment'],
  ['{{.a | 1}}', 'template: line:1: non executable command in pipeline stage 2'],
  ['{{break}}', 'template: line:1: {{break}} outside {{range}}'],
  ['{{$x, $y := 1}}', 'template: line:1: too many declarations in command'],
  ['{{12x}}', 'template: line:1: bad number syntax: "12x"'],
  ['{{.a.}}', 'template: line:1: unexpected <.> in operand'],
  ['{{.a\u00a0}}', 'template: line:1: bad character U+00A0'],
  ['{{1.a}}', 'template: line:1: bad number syntax: "1.a"'],
];

for (const [template, message] of refuses) {
  test(`refuses ${template}`, () => assert.throws(() => compileTemplate('line', template), { name: 'TemplateError', message }));
}

const fails: Array<[template: string, message: string]> = [
  ['{{duration "x"}}', 'template: line:1:2: executing "line" at <duration "x">: error calling duration: time: invalid duration "x"'],
  ['{{addf "-inf" 1}}', 'template: line:1:2: executing "line" at <addf "-inf" 1>: error calling addf: Cannot create a Decimal from -Inf'],
  ['{{div 1 0}}', 'template: line:1:2: executing "line" at <div 1 0>: error calling div: runtime error: integer divide by zero'],
  ['{{index .app 99}}', 'template: line:1:2: executing "line" at <index .app 99>: error calling index: index out of range: 99'],
  ['{{trunc "a" .app}}', 'template: line:1:8: executing "line" at <"a">: expected integer; found "a"'],
  ['{{trunc .n .app}}', 'template: line:1:8: executing "line" at <.n>: wrong type for value; expected int; got string'],
  ['{{trunc (add 1 2) .app}}', 'template: line:1:15: executing "line" at <2>: wrong type for value; expected int; got int64'],
  ['{{lower 1}}', 'template: line:1:8: executing "line" at <1>: expected string; found 1'],
  ['{{lower}}', 'template: line:1:2: executing "line" at <lower>: wrong number of args for lower: want 1 got 0'],
  ['{{eq 1 1.0}}', 'template: line:1:2: executing "line" at <eq 1 1.0>: error calling eq: incompatible types for comparison'],
  ['{{eq .app .}}', 'template: line:1:2: executing "line" at <eq .app .>: error calling eq: incompatible types for comparison'],
  ['{{index .app 5}}', 'template: line:1:2: executing "line" at <index .app 5>: error calling index: reflect: string index out of range'],
  ['{{index nil}}', 'template: line:1:2: executing "line" at <index nil>: error calling index: index of untyped nil'],
  ['{{(fromJson .j).none.x}}', 'template: line:1:12: executing "line" at <.j>: nil pointer evaluating interface {}.x'],
  ['{{range $i, $x := .app}}{{end}}', 'template: line:1:18: executing "line" at <.app>: range can\'t iterate over plain'],
  ['{{unixToTime "12"}}', "template: line:1:2: executing \"line\" at <unixToTime \"12\">: error calling unixToTime: unable to parse time '12': %!w(<nil>)"],
  ['{{__timestamp__.AddDate 0 0 1}}', 'template: line:1:2: executing "line" at <__timestamp__>: can\'t evaluate field AddDate in type time.Time'],
  ['{{eq 1}}', 'template: line:1:2: executing "line" at <eq 1>: error calling eq: missing argument for comparison'],
  ['{{.app.x}}', "template: line:1:6: executing \"line\" at <.app.x>: can't evaluate field x in type string"],
  ['{{.app 1}}', 'template: line:1:2: executing "line" at <.app>: app is not a method but has arguments'],
  ['{{__timestamp__.Format}}', 'template: line:1:2: executing "line" at <__timestamp__>: wrong number of args for Format: want 1 got 0'],
  ['{{__timestamp__.Year 1}}', 'template: line:1:2: executing "line" at <__timestamp__>: wrong number of args for Year: want 0 got 1'],
  ['{{1 2}}', "template: line:1:2: executing \"line\" at <1>: can't give argument to non-function 1"],
  ['{{template "x"}}', 'template: line:1:11: executing "line" at <{{template "x"}}>: template "x" not defined'],
  ['{{regexReplaceAll "[" "a" "b"}}', 'template: line:1:2: executing "line" at <regexReplaceAll "[" "a" "b">: error calling regexReplaceAll: error parsing regexp: missing closing ]: `[`'],
  ['{{range 3000000}}x{{end}}', ''],
  ['{{define "t"}}{{template "t"}}{{end}}{{template "t"}}', ''],
  ['{{repeat 1000000000 "x"}}', ''],
  ['{{printf "%999999s%999999s" "a" "b"}}', ''],
];

for (const [template, message] of fails) {
  test(`fails ${template}`, () => {
    const compiled = compileTemplate('line', template);
    assert.throws(() => compiled.execute(labels, entry), (error) => {
      assert.ok(error instanceof TemplateError);
      if (message !== '') {
        assert.equal(error.message, message);
      }
      return true;
    });
  });
}

test('names the fields it reads', () => {
  assert.deepEqual(compileTemplate('line', '{{.a}}{{if .b}}{{range .c}}{{$.d}}{{end}}{{end}}').fields, ['a', 'b', 'c', 'd']);
  assert.equal(compileTemplate('line', '{{range $k, $v := .}}{{$k}}{{end}}').fields, undefined);
});

test('random templates never throw anything but TemplateError', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 100_000);
  let state = seed;
  const random = (n: number): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
  const parts = [
    '{{', '}}', '{{-', '-}}', '.app', '.', '$', '$x', ':=', '=', '|', ' ', '(', ')', '"a"', '`b`', "'c'", '1', '-2.5', '0x', '1e999', 'nil', 'true', 'if', 'else', 'end', 'range', 'with', 'define', 'template', 'block', 'break', 'printf', '"%*d %[9]v"', 'index', 'slice', 'fromJson', '.j', 'add', 'div', 'round', 'substr', 'repeat', 'eq', 'and', 'call', 'date', 'toDate', '__line__', '__timestamp__', 'regexReplaceAll', '"(a+)+$"', 'x', '\n', ',', '\u0000', '😀', '/*', '*/', 'trunc', 'b64dec', 'unixToTime',
  ];
  for (let round = 0; round < 20_000; round++) {
    let template = '';
    for (let i = random(14); i >= 0; i--) {
      template += (random(3) === 0 ? '{{' : '') + parts[random(parts.length)] + ' ' + parts[random(parts.length)] + (random(3) === 0 ? '}}' : '');
    }
    try {
      compileTemplate('line', template).execute(labels, entry);
    } catch (error) {
      assert.ok(error instanceof TemplateError, `seed ${seed}: ${template}: ${String((error as Error).stack)}`);
    }
  }
});
