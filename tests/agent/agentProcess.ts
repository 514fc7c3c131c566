import { runAgentCommand } from '../../backend/agent/main';

/** The agent alone, for tests that kill its process. */
void runAgentCommand(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
