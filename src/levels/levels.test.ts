import { declaredLevel } from './labels';
import { detectLevel, levelNames, levelOfLine, type Level } from './levels';

/** One line per writer that people have, and the lines on which detectors by substring go wrong. */
const cases: Array<[Level, string]> = [
  // access logs: the status decides, never the words of the path or the agent
  ['info', '192.168.4.5 - - [20/Nov/2026:12:00:00 +0000] "GET /error/page?debug=1 HTTP/1.1" 200 100 "-" "Mozilla/5.0"'],
  ['warn', '8.8.8.8 - - [20/Nov/2026:12:00:10 +0000] "POST /login HTTP/2.0" 404 137 "http://x/critical" "curl"'],
  ['error', '10.0.0.1 - bob [20/Nov/2026:12:00:50 +0000] "GET / HTTP/1.1" 502 285 "-" "-" 0.006'],
  ['warn', '10.0.0.1 - - [20/Nov/2026:12:00:50 +0000] "\\x16\\x03\\x01" 400 150 "-" "-"'],
  ['warn', '10.0.0.1 - - [20/Nov/2026:12:00:50 +0000] "-" 408 0'],
  ['error', 'vhost:80 10.0.0.1 - - [20/Nov/2026:12:00:50 +0000] "GET /a \\"b\\" HTTP/1.1" 503 285'],
  // a field at the top wins over one further inside, wherever that stands
  ['error', '{"a":{"level":"info"},"level":"error"}'],
  ['error', '{"a":[{"level":"info"}],"level":"error"}'],
  ['error', '{"a":[{"x":1}],"b":{"level":"info"},"level":"error"}'],
  ['error', '{"level":"error","a":{"level":"info"}}'],
  ['info', '{"a":{"level":"info"},"status":500}'],
  ['error', '{"level" : "error"}'],
  // talk goes on for twelve words, pairs do not count
  ['error', 'a b c d e f g h i j k ERROR m'],
  ['unknown', 'a b c d e f g h i j k l m n ERROR o'],
  ['error', 'a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=10 k=11 l=12 m=13 n=14 level=error'],
  // what is before the request tells a level by itself
  ['info', '10/0/30/69/109 200 1+0000] "GET / HTTP/1.1" 500 1'],
  ['info', '1GIN] | 200 | 1/2/3/4 "GET / HTTP/1.1" 500 1'],
  ['error', '10.0.0.1 - ERROR: [20/Nov/2026:12:00:50 +0000] "GET / HTTP/1.1" 200 285'],
  ['info', '10.0.0.1 +x/INFO] [20/Nov/2026:12:00:50 +0000] "GET / HTTP/1.1" 500 285'],
  ['error', '1 +/ERR] "GET / HTTP/1.1" 200 1'],
  ['info', '1 é-/INFO] "GET / HTTP/1.1" 500 1'],
  // web servers' own logs
  ['error', '2026/11/20 12:00:00 [error] 12#12: *1 open() "/x" failed (2: No such file), client: 1.2.3.4'],
  ['critical', '2026/11/20 12:00:00 [emerg] 1#1: bind() failed'],
  ['info', '2026/11/20 12:00:00 [notice] 1#1: start worker process 5'],
  ['error', '[Fri Nov 20 12:00:00.123456 2026] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187] File does not exist'],
  ['warn', '[Fri Nov 20 12:00:00 2026] [warn] child process still did not exit'],
  // letters are levels behind a time, not in a sentence
  ['unknown', '- I think so'],
  ['unknown', '--verbose E x'],
  ['error', '12:00:00 - E x'],
  // a colon with a blank before it
  ['error', '[CEST Aug  6 10:14:52] error    : HttpRequest: access denied'],
  ['error', '[10.30 16:54:08] chrome.exe - example.com:80 error : Could not connect'],
  ['unknown', '[10.30 16:54:08] chrome.exe - example.com:80 error - x : y'],
  // words of sentences
  ['unknown', 'Stack trace:'],
  ['unknown', 'Jul  1 11:41:26 mac kernel[0]: Setting Coex Config: enable_2G:1'],
  ['debug', '12:00:00 CONFIG: reading'],
  // a zone is part of the time
  ['info', '[2022-06-29 14:06:40 +1000] info [cpaneld] 1.2.3.4 - root "POST /login/ HTTP/1.1" FAILED LOGIN'],
  // syslog
  ['critical', "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"],
  ['info', '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% error in words'],
  ['error', 'Nov 20 12:00:00 web1 sshd[123]: error: maximum authentication attempts exceeded'],
  ['critical', 'Nov 20 12:00:00 web1 sshd[123]: fatal: Timeout before authentication'],
  ['unknown', 'Nov 20 12:00:00 combo ftpd[123]: connection from 1.2.3.4 () at Thu Nov 20'],
  ['warn', 'Nov 20 12:00:00 web1 app[1]: 2026-11-20 12:00:00,123 WARNING low on disk'],
  // kubernetes
  ['error', 'E1120 12:00:00.000000    1234 file.go:12] sync failed'],
  ['info', 'I1120 12:00:00.000000    1234 file.go:12] error budget fine'],
  ['critical', 'F1120 12:00:00.000000    1234 file.go:12] gone'],
  ['error', '2026-11-20T12:00:00.0Z stderr F {"level":"error","msg":"x"}'],
  // Java
  ['error', '2026-11-20 12:00:00,123 ERROR [main] com.acme.Foo - it broke'],
  ['warn', '12:00:00.123 [http-nio-8080-exec-1] WARN  c.a.Foo - slow'],
  ['info', '2026-11-20 12:00:00.123  INFO 1 --- [           main] o.s.b.Application : Started with ERROR handling'],
  ['error', 'java.lang.NullPointerException: Cannot invoke "String.length()"'],
  ['error', 'Exception in thread "main" java.lang.IllegalStateException'],
  ['error', 'Caused by: java.io.IOException'],
  ['unknown', '\tat com.acme.ErrorHandler.handle(ErrorHandler.java:12)'],
  // Python, Ruby, .NET, Go, databases
  ['error', 'ERROR:root:something'],
  ['warn', '2026-11-20 12:00:00,123 - name - WARNING - careful'],
  ['error', 'Traceback (most recent call last):'],
  ['error', 'TypeError: unsupported operand'],
  ['error', 'E, [2026-11-20T12:00:00.123 #1] ERROR -- : boom'],
  ['error', 'fail: Microsoft.AspNetCore.Server.Kestrel[13]'],
  ['debug', 'dbug: Microsoft.Hosting.Lifetime[0]'],
  ['info', '2026-11-20T12:00:00.000Z\tINFO\tcontroller/main.go:12\tstarting'],
  ['info', '2026/11/20 12:00:00 INFO request done'],
  ['error', '2026-11-20 12:00:00 UTC [123] ERROR:  relation "x" does not exist'],
  ['info', '2026-11-20 12:00:00 UTC [123] LOG:  checkpoint complete'],
  ['warn', '2026-11-20T12:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate'],
  ['info', '2019-01-01T00:00:00.000+0000 I NETWORK  [listener] connection accepted'],
  // JSON
  ['info', '{"level":"info","msg":"ERROR happened: error"}'],
  ['warn', '{"ts":1,"lvl":"WARNING","msg":"x"}'],
  ['info', '{"level":30,"time":1531171074631,"msg":"pino"}'],
  ['error', '{"PRIORITY":"3","MESSAGE":"journal"}'],
  ['error', '{"log":{"level":"error"},"message":"ecs"}'],
  ['error', '{"@t":"2026","@l":"Error","@m":"serilog"}'],
  ['error', '{"remote_addr":"1.2.3.4","status":503,"request":"GET /"}'],
  ['warn', '{"http_status":"404"}'],
  ['unknown', '{"msg":"no level, but error in words"}'],
  ['unknown', '{}'],
  ['error', '{"broken":"json","level":"error"'],
  // logfmt
  ['warn', 'ts=2026-11-20T12:00:00Z caller=main.go:12 level=warn msg="error: x"'],
  ['info', 'msg="ERROR inside quotes" level=info'],
  ['error', 'time="2026-11-20T12:00:00Z" level=error msg=x'],
  ['unknown', 'status=ERROR count=3'],
  ['unknown', 'errors=0 warnings=0'],
  // programs with signs and numbers of their own
  ['info', '1:M 20 Nov 2026 12:00:00.123 * Ready to accept connections tcp'],
  ['warn', '1:M 20 Nov 2026 12:00:00.123 # WARNING overcommit_memory is set to 0!'],
  ['debug', '123:C 20 Nov 2026 12:00:00.123 - DB 0: 1 keys'],
  ['unknown', '12:Monday the 20th at noon we met ERRORless people'],
  ['info', 'haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"'],
  ['error', 'Nov 20 12:00:00 lb haproxy[1]: 10.0.1.2:3 [06/Feb/2009:12:14:14.655] in be/srv1 -1/-1/-1/-1/0 503 212 - - SC-- 1/1/1/1/0 0/0 "GET / HTTP/1.1"'],
  ['unknown', 'moved 1/2/3/4/5 to 500'],
  ['error', '[GIN] 2026/11/20 - 12:00:00 | 500 |     1.4ms |     127.0.0.1 | GET      "/ping"'],
  ['unknown', 'table: | 500 | rows'],
  ['warn', '{"t":{"$date":"2026-11-20T12:00:00.000+00:00"},"s":"W",  "c":"NETWORK",  "id":1,   "ctx":"x","msg":"y"}'],
  ['unknown', '{"size":"E","s":"W"}'],
  ['error', 'Nov 20 12:00:00 node1 kubelet[123]: E1120 12:00:00.000000    123 pod_workers.go:1] "Error syncing pod"'],
  ['warn', '2026-11-20T12:00:00.0Z stderr F W1120 12:00:00.000000       1 reflector.go:1] x'],
  ['unknown', 'E1234 in stock'],
  ['error', '20 Nov 2026 12:00:00.123 [E] boom'],
  ['info', '[I 261120 12:00:00 web:2239] 200 GET /'],
  ['unknown', 'plan [A] or plan [ B ]'],
  // words at places of their own
  ['error', '[2026-11-20T12:00:00.000Z] "GET / HTTP/1.1" 503 UF 0 91 0 - "-" "curl" "id" "host" "-"'],
  ['info', '20-Nov-2026 12:00:00.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup'],
  ['error', '11-20 12:00:00.123  1234  1234 E AndroidRuntime: FATAL EXCEPTION: main'],
  ['error', '2026-11-20 12:00:00.000 +00:00 [ERR] Something'],
  ['warn', '[2026-11-20T12:00:00,123][WARN ][o.e.d.z.ZenDiscovery] [n] not enough master nodes'],
  ['error', '2026-11-20 12:00:00.123 | ERROR    | __main__:f:12 - loguru'],
  ['warn', 'PHP Warning:  Undefined variable $x in /var/www/x.php on line 3'],
  // level as a part of a word, shortened, or with a number
  ['info', '[12:00:00] [Server thread/INFO]: Starting server'],
  ['error', '[2026-11-20 12:00:00,000: ERROR/ForkPoolWorker-1] Task x raised'],
  ['error', '[2026-11-20T12:00:00.000000+00:00] app.ERROR: Uncaught PHP Exception {"exception":"x"} []'],
  ['info', '[2026-11-20 12:00:00] local.INFO: hello'],
  ['unknown', 'open app.warn: that is a name'],
  ['error', 'ERRO[0012] failed to connect  error="x"'],
  ['critical', 'FATA[0000] dead'],
  ['critical', '2026-11-20T12:00:00.000Z\tDPANIC\tmain.go:1\tdead'],
  ['trace', '[Fri Sep 09 10:42:29.902022 2011] [ssl:trace3] [pid 1:tid 2] handshake'],
  ['info', '2026-11-20 12:00:00 0 [Note] mariadbd: ready for connections.'],
  ['warn', '{"time":"2026-11-20T12:00:00Z","level":"WARN+2","msg":"x"}'],
  ['info', '2026-11-20 12:00:00.123 | SUCCESS  | __main__:f:12 - loguru'],
  ['error', 'Nov 20 12:00:00 web1 systemd[1]: Failed to start nginx.service.'],
  ['error', '{"message":"x","level":400,"level_name":"ERROR","channel":"app"}'],
  ['error', '{"ClientAddr":"1.2.3.4","DownstreamStatus":502,"RequestMethod":"GET","level":"info","msg":""}'],
  ['error', '{"log":"2026-11-20 ERROR boom\\n","stream":"stderr","time":"2026"}'],
  ['unknown', '{"level":"custom","msg":"a level that is none"}'],
  ['warn', 'a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=10 k=11 l=12 level=warn'],
  // words with marks
  ['info', '\u001b[32mINFO\u001b[39m starting'],
  ['error', '|error| x'],
  ['trace', 'trace: enter f()'],
  ['critical', 'CRITICAL core melt'],
  ['debug', 'DEBUG x=1'],
  ['error', 'error while loading shared libraries'],
  // sentences that only speak of levels
  ['unknown', 'information about error handling'],
  ['unknown', '0 errors found'],
  ['unknown', 'GET /api/error 200'],
  ['unknown', 'user clicked on Error page'],
  ['unknown', 'read /var/log/error.log'],
  ['unknown', 'the quick brown fox'],
  ['unknown', 'naïve café ☕ 日本語ログ'],
  ['unknown', ''],
  ['unknown', '   '],
];

test.each(cases)('%s: %s', (level, line) => {
  expect(levelOfLine(line)).toBe(level);
});

test('a line inside a larger body is not told by its neighbours', () => {
  const bytes = new TextEncoder().encode('level=error\nplain\nERROR x');
  expect(levelNames[detectLevel(bytes, new DataView(bytes.buffer), 12, 17)]).toBe('unknown');
});

const declared: Array<[Level, Record<string, string>]> = [
  ...['level', 'severity', 'lvl', 'loglevel', 'log_level', 'LEVEL', 'Level', 'SEVERITY', 'Severity', 'severity_text'].map((name): [Level, Record<string, string>] => ['warn', { [name]: 'Warning' }]),
  ['error', { severity: 'info', level: ' error ' }],
  ['info', { severity: 'info', level: 'of no kind' }],
  ['unknown', { detected_level: 'error', app: 'error' }],
  ['unknown', { level: 'errör' }],
  ['unknown', { level: '\u0165rror' }], // an `e` in its lowest byte
  ['unknown', { level: 'an error of a kind' }],
  // numbers of syslog, pino and OpenTelemetry
  ['error', { level: '3' }],
  ['warn', { level: '40' }],
  ['unknown', { level: '040' }],
  ['unknown', { level: '4e1' }],
  ['unknown', { level: '' }],
  ['trace', { severity_number: '1' }],
  ['trace', { severity_number: '4' }],
  ['debug', { severity_number: '5' }],
  ['critical', { severity_number: '24' }],
  ['unknown', { severity_number: '25' }],
  ['unknown', { severity_number: '0' }],
  ['unknown', { severity_number: '-4' }],
  ['unknown', { severity_number: '' }],
];

test.each(declared)('%s is what labels %j declare', (level, labels) => {
  expect(levelNames[declaredLevel((name) => labels[name])]).toBe(level);
});

/** Whole numbers below a bound, the same ones for each run. */
function randomFrom(start: number): (below: number) => number {
  let seed = start;
  return (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

test('an access log tells the same level by the quick look as word by word', () => {
  const random = randomFrom(20261123);
  const parts = [
    ...'0123456789    --//::..[](),', '+', '|', '=', '{', '\u001b[', '"', 'é', 'E', '-/INFO]', ' +/ERR]', ' +1234] ', ' +0000] ', ' -0100] ', '] ', ' 200 ', ' | 503 |', ' ERROR: ',
    '1/2/3/4/5 404 ', '10.0.0.1 - - [20/Nov/2026:12:00:00 +0000] ', 'app[1]: ', 'level=', 'warn',
  ];
  const requests = ['"GET / HTTP/1.1" ', '"GET / HTTP/2" ', '"\\x16" ', '"-" ', '"'];
  const statuses = ['200 1', '404', '503 1', '500 ', '12', '', '200 ,"level":"debug"}'];
  const wrong: string[] = [];
  for (let round = 0; round < 30_000; round++) {
    const head = Array.from({ length: random(14) }, () => parts[random(parts.length)]).join('');
    const line = `${random(100)}${head}${requests[random(requests.length)]}${statuses[random(statuses.length)]}`;
    // Behind a bracket, which ends a word and tells nothing, the line does not begin with a digit and is read word by word.
    if (levelOfLine(line) !== levelOfLine(`(${line}`)) {
      wrong.push(line);
    }
  }
  expect(wrong).toEqual([]);
});

test('any bytes give a level, and never one from outside the line', () => {
  const random = randomFrom(20261122);
  const alphabet = '{}[]<>"\\=: ,|\u001bERROinfolevel0123456789/-.#*MDT';
  for (let round = 0; round < 5_000; round++) {
    const text = Array.from({ length: random(60) }, () => alphabet[random(alphabet.length)]).join('');
    const around = new TextEncoder().encode(`"ERROR: ${text}]: ERROR" 500 `);
    const alone = new TextEncoder().encode(text);
    const level = detectLevel(around, new DataView(around.buffer), 8, 8 + alone.length);
    expect([text, level]).toEqual([text, detectLevel(alone, new DataView(alone.buffer), 0, alone.length)]);
  }
});
