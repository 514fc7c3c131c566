import { parseFlags } from '../config/flags';
import { checkFlags } from './checkFlags';
import { help } from './help';

/** A command gets the words behind its name and answers the exit status: 0 done, 1 failed, 2 asked wrongly. */
export type Command = (words: string[], env: NodeJS.ProcessEnv) => Promise<number>;

/** Each is loaded when it is called: an agent need not hold the server's libraries, nor a query wait for them. */
const commands = new Map<string, Command>([
  ['serve', async (words, env) => (await import('./serve')).serve(words, env)],
  ['up', async (words, env) => (await import('./up')).up(words, env)],
  ['agent', async (words) => (await import('../agent/main')).runAgentCommand(words)],
  ['query', async (words, env) => (await import('./query')).query(words, env)],
  ['push', async (words, env) => (await import('./push')).push(words, env)],
  ['import', async (words, env) => (await import('./import')).importCommand(words, env)],
  ['check', async (words, env) => (await import('./check')).check(words, env)],
  ['migrate', async (words) => (await import('./migrate')).migrate(words)],
  ['bench', async (words) => (words[0] === 'agent' ? (await import('../agent/bench')).runAgentBench(words.slice(1)) : (await import('../bench/bench')).runBench(words))],
  ['correlate', async (words) => (await import('../correlate/command')).runCorrelateCommand(words)],
]);

/** Commands that say themselves what their flags are, and which they do not have. */
const ownHelp = new Set(['agent']);
const ownFlags = new Set(['agent', 'correlate']);

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
  const { wrong, withoutEffect } = ownFlags.has(name) ? { withoutEffect: [] } : checkFlags(name, rest, help[name]);
  if (wrong) {
    process.stderr.write(`binocle ${name}: ${wrong} (binocle ${name} --help names all)\n`);
    return 2;
  }
  withoutEffect.forEach((flag) => process.stderr.write(`binocle ${name}: -${flag} has no effect here\n`));
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
