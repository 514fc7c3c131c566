import { runCommand } from './cli/commands';

void runCommand(process.argv.slice(2), process.env).then((status) => {
  // Set, not forced: what still has to be written (a pipe, a log line) is written first.
  process.exitCode = status;
});
