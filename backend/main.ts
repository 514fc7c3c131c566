import { runCommand } from './cli/commands';
import { setV8 } from './runtime/v8Settings';

setV8();

// `binocle query ... | head` closes the pipe when it has seen enough: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  process.exit(0);
});

void runCommand(process.argv.slice(2), process.env).then((status) => {
  // Set, not forced: what still has to be written (a pipe, a log line) is written first.
  process.exitCode = status;
});
