// ClickHouse's modern engine (npm `chdb`, in this process) behind as much of ClickHouse's HTTP interface as the driver uses: one
// statement at a time, rows of an INSERT in RowBinary. Arguments: where chdb lies, a port, a directory for data.
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [module, port, dir] = process.argv.slice(2);
const { Session } = (await import(pathToFileURL(module).href)).default;
const session = new Session(path.join(dir, 'data'));
const input = path.join(dir, 'rows');
let turn = Promise.resolve();

/** The engine takes no rows in RowBinary beside the statement: they go through a file. */
async function insertion(database, query, rows) {
  const [, table, columns] = /^INSERT INTO (\w+) \(([^)]*)\) FORMAT RowBinary$/.exec(query);
  const answer = await session.queryAsync(`SELECT name, type FROM system.columns WHERE database = '${database}' AND table = '${table}' FORMAT JSON`);
  const types = new Map(JSON.parse(answer.text()).data.map(({ name, type }) => [name, type]));
  writeFileSync(input, rows);
  return `INSERT INTO ${table} (${columns}) SELECT * FROM file('${input}', 'RowBinary', '${columns.split(', ').map((name) => `${name} ${types.get(name)}`).join(', ')}')`;
}

async function run(params, body) {
  const [database, query] = [params.get('database') ?? 'default', params.get('query')];
  const there = await session.queryAsync(`SELECT count() FROM system.databases WHERE name = '${database}'`, { format: 'TabSeparated' });
  if (there.text().trim() !== '0') {
    await session.queryAsync(`USE ${database}`);
  }
  const sql = query ? await insertion(database, query, body) : body.toString('utf8');
  try {
    return Buffer.from((await session.queryAsync(sql, { format: /FORMAT (\w+)$/.exec(sql)?.[1] ?? 'TabSeparated' })).bytes());
  } finally {
    rmSync(input, { force: true });
  }
}

createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    turn = turn
      .then(() => (request.url === '/ping' ? 'Ok.\n' : run(new URL(request.url, 'http://server').searchParams, Buffer.concat(parts))))
      .then(
        (answer) => response.end(answer),
        (error) => {
          response.statusCode = 500;
          response.end(String(error.message));
        }
      );
  });
}).listen(Number(port), '127.0.0.1');
