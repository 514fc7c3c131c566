import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HttpTarget } from './httpTarget';
import { runScript } from './runScript';
import { targets } from './targets';

/**
 * Runs scripts by hand: `npx tsx tests/scripts/cli.ts [--update] [--against URL] [FILE...]`. `--update` writes the answers into the
 * files, to be read in the diff; `--against` asks a server that speaks Loki's API (a real Loki, to learn what is right).
 */
async function main(args: string[]): Promise<number> {
  const update = args.includes('--update');
  const against = args.includes('--against') ? args[args.indexOf('--against') + 1] : undefined;
  const named = args.filter((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--against');
  const files = named.length > 0 ? named : readdirSync(__dirname).filter((name) => name.endsWith('.logtest')).map((name) => path.join(__dirname, name));
  let failed = 0;
  for (const file of files.sort()) {
    const target = against ? new HttpTarget(against) : targets[0].make();
    const { failures, updated, asked } = await runScript(readFileSync(file, 'utf8'), target);
    await target.close();
    console.log(`${path.basename(file)}: ${asked - failures.length} of ${asked} agree`);
    for (const { line, ask, expected, actual } of update ? [] : failures) {
      console.log(`  line ${line}: ${ask.verb} ${ask.query}`);
      console.log([...expected.map((text) => `    - ${text}`), ...actual.map((text) => `    + ${text}`)].join('\n'));
    }
    if (update && failures.length > 0) {
      writeFileSync(file, updated);
    }
    failed += update ? 0 : failures.length;
  }
  return failed === 0 ? 0 : 1;
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
