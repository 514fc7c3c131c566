import { nearest } from '../../src/logql';
import { flagNames } from '../config/flags';

/** Other names of flags, which `--help` does not show: Loki's own, short forms, and what only tests need. */
const otherNames: Readonly<Record<string, string>> = {
  serve: '--config=F --memory.max=S --server.http-listen-address=H --server.http-listen-port=N --server.path-prefix=P --explore-dir=D',
  query: '-f --output=F',
  push: '-l=L',
  import: '-l=L --quiet',
  check: '--config=F -config.expand-env',
};

/** Loki's flags without a dot in their name; one with a dot is taken for Loki's as well. */
const lokiNames = new Set([
  'target', 'list-targets', 'shutdown-delay', 'legacy-read-mode', 'log-config-reverse-order', 'http-prefix', 'use-thanos-objstore', 'metrics-namespace', 'replication-factor',
  'dataobj-storage-bucket-prefix',
]);

/** Flags by name in a text of `--help`, and whether a value follows: behind `=` or behind one blank. */
export function flagsIn(text: string): Map<string, boolean> {
  return new Map([...text.matchAll(/(?<=^|[\s[])--?([A-Za-z][\w.-]*)(=|( (?=[^\s[-]))|)/gm)].map(([, name, equals]) => [name, equals !== '']));
}

export interface FlagFindings {
  /** Why the command can't run as it was asked. */
  wrong?: string;
  /** Flags of Loki's that change nothing here. */
  withoutEffect: string[];
}

/** Looks for flags that a command does not have. A server is also started by the command lines of a Loki. */
export function checkFlags(command: string, words: string[], helpText: string): FlagFindings {
  const isServer = command === 'serve' || command === 'up';
  const known = flagsIn(`${helpText}\n${otherNames[isServer ? 'serve' : command] ?? ''}\n--help -h`);
  const findings: FlagFindings = { withoutEffect: [] };
  for (const { name, valued } of flagNames(words)) {
    const takesValue = known.get(name);
    const meant = takesValue === undefined ? nearest(name, known.keys()) : undefined;
    if (takesValue === true && !valued) {
      return { ...findings, wrong: `--${name}: a value is expected` };
    }
    if (takesValue === undefined && isServer && !meant && (name.includes('.') || lokiNames.has(name))) {
      findings.withoutEffect.push(name);
    } else if (takesValue === undefined) {
      return { ...findings, wrong: `there is no flag --${name}${meant ? `; did you mean --${meant}?` : ''}` };
    }
  }
  return findings;
}
