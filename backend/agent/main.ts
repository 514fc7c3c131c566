/** What the rest of Binocle may use of the agent. */
export { runAgentCommand, startAgent, type AgentProcess } from './command';
export { readConfig, type AgentConfig } from './config/config';
