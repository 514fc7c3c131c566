import { version } from '../../package.json';

export const agentVersion: string = version;
