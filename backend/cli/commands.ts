import { runAgentBench, runAgentCommand } from '../agent/main';
import { runBench } from '../bench/bench';
import { parseFlags } from '../config/flags';
import { runCorrelateCommand } from '../correlate/command';
import { check } from './check';
import { help } from './help';
import { importCommand } from './import';
import { migrate } from './migrate';
import { push } from './push';
import { query } from './query';
import { serve } from './serve';
import { up } from './up';

/** A command gets the words behind its name and answers the exit status: 0 done, 1 failed, 2 asked wrongly. */
export type Command = (words: string[], env: NodeJS.ProcessEnv) => Promise<number>;

const commands = new Map<string, Command>([
  ['serve', serve],
  ['up', up],
  ['agent', (words) => runAgentCommand(words)],
  ['query', query],
  ['push', push],
  ['import', importCommand],
  ['check', check],
  ['migrate', (words) => migrate(words)],
  ['bench', (words) => (words[0] === 'agent' ? runAgentBench(words.slice(1)) : runBench(words))],
  ['correlate', (words) => runCorrelateCommand(words)],
]);

/** Commands that say themselves what their flags are. */
const ownHelp = new Set(['agent']);

export async function runCommand(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  // `binocle -config.file=...` is how Loki is called: a server.
  const [name, rest] = words[0]?.startsWith('-') && !/^--?(h|help)$/.test(words[0]) ? ['serve', words] : [words[0] ?? 'help', words.slice(1)];
  const command = commands.get(name);
  if (!command) {
    const asked = name === 'help' || /^--?(h|help)$/.test(name);
    (asked ? process.stdout : process.stderr).write(asked ? (help[rest[0] ?? ''] ?? help['']) : `binocle: there is no command ${name}\n\n${help['']}`);
    return asked ? 0 : 2;
  }
  const flags = parseFlags(rest, new Set(['help', 'h'])).values;
  if ((flags.has('help') || flags.has('h')) && !ownHelp.has(name)) {
    process.stdout.write(help[name] ?? help['']);
    return 0;
  }
  try {
    return await command(rest, env);
  } catch (error) {
    process.stderr.write(`binocle ${name}: ${(error as Error).message}\n`);
    if (env.BINOCLE_DEBUG) {
      process.stderr.write(`${(error as Error).stack}\n`);
    }
    return 1;
  }
}
