import { Random } from './random';

/**
 * The benchmark's own log corpus: 40 streams over 24 hours, the same bytes for the same seed. Mixed as a small company's machines
 * write: nginx access lines, JSON and logfmt of services with random trace ids, syslog, and Java with stack traces.
 */
export interface CorpusStream {
  labels: Array<[string, string]>;
  line(random: Random, tsNs: bigint): string;
  /** Share of the lines, relative to the others. */
  weight: number;
}

/** 2025-11-22T00:00:00Z: the corpus fills this day. */
export const corpusStartNs = 1_763_769_600_000_000_000n;
export const corpusNs = 86_400_000_000_000n;

/** Written into exactly one line of a corpus, whatever its size. */
export const needle = 'needle-7f3c once in a haystack';
/** The trace id of exactly one JSON line. */
export const wholeTraceId = 'c0ffee00d15ea5e0badc0de0feedface';

const paths = ['/', '/index.html', '/api/v1/users', '/api/v1/orders', '/api/v1/orders/search', '/static/app.js', '/static/site.css', '/login', '/logout', '/healthz', '/favicon.ico', '/images/logo.png'];
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'curl/8.5.0',
  'kube-probe/1.29',
  'Prometheus/2.53.0',
];
const statuses = ['200', '200', '200', '200', '200', '200', '200', '304', '301', '404', '500', '502'];
const messages = ['request served', 'cache miss', 'cache hit', 'user logged in', 'order placed', 'payment accepted', 'retrying upstream call', 'upstream timeout', 'queue drained', 'connection reset by peer'];
const levels = ['info', 'info', 'info', 'info', 'info', 'debug', 'debug', 'warn', 'error'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

const ip = (random: Random): string => `${10 + random.below(180)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;

function nginxLine(random: Random, tsNs: bigint): string {
  const date = new Date(Number(tsNs / 1_000_000n));
  const time = `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
  const path = random.chance(0.3) ? `${random.pick(paths)}?id=${random.below(1e6)}` : random.pick(paths);
  return `${ip(random)} - - [${time}] "${random.chance(0.8) ? 'GET' : 'POST'} ${path} HTTP/1.1" ${random.pick(statuses)} ${random.below(60_000)} "-" "${random.pick(agents)}"`;
}

function jsonLine(random: Random, tsNs: bigint): string {
  const time = new Date(Number(tsNs / 1_000_000n)).toISOString();
  const status = random.pick(statuses);
  return `{"ts":"${time}","level":"${status >= '500' ? 'error' : random.pick(levels)}","msg":"${random.pick(messages)}","http_method":"GET","http_path":"${random.pick(paths)}","http_status":"${status}","duration_ms":${random.below(2000)},"user_id":${random.below(50_000)},"trace_id":"${random.hex(32)}"}`;
}

function logfmtLine(random: Random, tsNs: bigint): string {
  const time = new Date(Number(tsNs / 1_000_000n)).toISOString();
  return `time=${time} level=${random.pick(levels)} caller=worker/${random.pick(['job', 'queue', 'store'])}.go:${random.below(400)} msg="${random.pick(messages)}" service=${random.pick(['mail', 'billing', 'search', 'export'])} job_id=${random.below(1e7)} attempt=${1 + random.below(3)} took=${(random.next() * 900).toFixed(3)}ms`;
}

const daemons: Array<(random: Random) => string> = [
  (random) => `sshd[${1000 + random.below(30_000)}]: Failed password for ${random.chance(0.5) ? 'invalid user admin' : 'root'} from ${ip(random)} port ${1024 + random.below(60_000)} ssh2`,
  (random) => `CRON[${1000 + random.below(30_000)}]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)`,
  (random) => `systemd[1]: ${random.pick(['Starting', 'Started', 'Stopping'])} ${random.pick(['Daily apt download activities', 'Rotate log files', 'Cleanup of Temporary Directories', 'Network Manager Script Dispatcher Service'])}.`,
  (random) => `kernel: [${random.below(1e6)}.${random.below(1e6)}] ${random.pick(['eth0: renamed from veth', 'docker0: port 2(veth', 'IPv6: ADDRCONF(NETDEV_CHANGE): veth'])}${random.hex(7)}`,
  (random) => `dhclient[${random.below(5000)}]: DHCPACK of ${ip(random)} from ${ip(random)} (xid=0x${random.hex(8)})`,
  (random) => `postfix/smtpd[${random.below(30_000)}]: connect from unknown[${ip(random)}]`,
];

function syslogLine(random: Random, tsNs: bigint): string {
  const date = new Date(Number(tsNs / 1_000_000n));
  return `${months[date.getUTCMonth()]} ${two(date.getUTCDate())} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} host${random.below(4)} ${random.pick(daemons)(random)}`;
}

const classes = ['com.example.shop.OrderService', 'com.example.shop.PaymentClient', 'org.apache.hadoop.hdfs.DFSClient', 'org.springframework.web.servlet.DispatcherServlet'];

function javaLine(random: Random, tsNs: bigint): string {
  const time = new Date(Number(tsNs / 1_000_000n)).toISOString().replace('T', ' ').replace('Z', '').replace('.', ',');
  const head = `${time} ${random.pick(['INFO', 'INFO', 'INFO', 'WARN', 'ERROR'])} [http-nio-8080-exec-${random.below(40)}] ${random.pick(classes)}: `;
  if (random.chance(0.03)) {
    return `${head}java.net.SocketTimeoutException: Read timed out\n\tat ${random.pick(classes)}.call(${random.pick(['A', 'B', 'C'])}.java:${random.below(500)})\n\tat java.base/java.lang.Thread.run(Thread.java:833)`;
  }
  return `${head}${random.pick(['Received block blk_', 'Served block blk_', 'Deleting block blk_'])}${random.below(1e9)}${random.below(1e9)} of size ${random.below(67_108_864)} from /${ip(random)}`;
}

/** The 40 streams. Labels are those a Promtail or an agent of containers would set. */
export function corpusStreams(): CorpusStream[] {
  const streams: CorpusStream[] = [];
  const add = (count: number, weight: number, line: CorpusStream['line'], labels: (i: number) => Array<[string, string]>): void => {
    for (let i = 0; i < count; i++) {
      streams.push({ labels: labels(i), line, weight: weight * (i === 0 ? 2 : 1) });
    }
  };
  add(8, 5, nginxLine, (i) => [['filename', '/var/log/nginx/access.log'], ['hostname', `web${i + 1}`], ['job', 'nginx']]);
  add(8, 5, jsonLine, (i) => [['container', `app-${i}`], ['job', 'app'], ['namespace', i < 4 ? 'prod' : 'stage']]);
  add(4, 5, logfmtLine, (i) => [['instance', `worker-${i}`], ['job', 'worker']]);
  add(16, 1, syslogLine, (i) => [['filename', i % 2 ? '/var/log/syslog' : '/var/log/auth.log'], ['hostname', `host${i}`], ['job', 'varlogs']]);
  add(4, 3, javaLine, (i) => [['hostname', `jvm${i}`], ['job', 'java']]);
  return streams;
}

export interface CorpusBody {
  streams: Array<{ labels: Array<[string, string]>; entries: Array<{ tsNs: bigint; line: string }> }>;
  lines: number;
  bytes: number;
}

/** Lines a client gathers before it sends: about a megabyte of text, as Promtail's default batch. */
const bodyLines = 6000;

/** The corpus as a row of push bodies in the order of time, each with the lines of all streams for a piece of the day. */
export function* corpus(lines: number, seed = 1): Generator<CorpusBody> {
  const random = new Random(seed);
  const streams = corpusStreams();
  const wheel = streams.flatMap((stream, i) => Array.from({ length: stream.weight }, () => i));
  const stepNs = Number(corpusNs) / lines;
  for (let from = 0; from < lines; from += bodyLines) {
    const to = Math.min(lines, from + bodyLines);
    const parts = streams.map((stream) => ({ labels: stream.labels, entries: [] as Array<{ tsNs: bigint; line: string }> }));
    let bytes = 0;
    for (let i = from; i < to; i++) {
      // Clocks of microseconds, never before the line above.
      const tsNs = corpusStartNs + BigInt(Math.floor(((i + random.next() * 0.99) * stepNs) / 1000) * 1000);
      const k = random.pick(wheel);
      let line = streams[k].line(random, tsNs);
      if (i === Math.floor(lines / 3)) {
        line = `${line} ${needle}`;
      } else if (i === Math.floor((lines * 2) / 3)) {
        line = `{"level":"info","msg":"order placed","http_status":"200","trace_id":"${wholeTraceId}"}`;
      }
      parts[k].entries.push({ tsNs, line });
      bytes += line.length;
    }
    yield { streams: parts.filter((part) => part.entries.length > 0), lines: to - from, bytes };
  }
}
