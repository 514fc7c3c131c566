import type { LabelSet } from '../labelSet';

export interface TlsConfig {
  caFile?: string;
  certFile?: string;
  keyFile?: string;
  serverName?: string;
  insecureSkipVerify: boolean;
}

export interface OAuth2Config {
  kind: 'oauth2';
  clientId: string;
  clientSecret: string;
  clientSecretFile?: string;
  scopes: string[];
  tokenUrl: string;
  endpointParams: ReadonlyMap<string, string>;
}

export type Auth =
  | { kind: 'basic'; username: string; password: string; passwordFile?: string }
  | { kind: 'header'; type: string; credentials: string; credentialsFile?: string }
  | OAuth2Config;

/** One server that gets everything. */
export interface ClientConfig {
  /** As configured, or made from the address; unique. Names the client in the journal, the queue and the logs. */
  name: string;
  url: string;
  batchWaitMs: number;
  batchBytes: number;
  timeoutMs: number;
  backoff: {
    minMs: number;
    maxMs: number;
    /** Tries before a batch is given up; 0 never gives up (the default, unlike Promtail's 10). */
    retriesMax: number;
  };
  externalLabels: LabelSet;
  tenant: string;
  headers: ReadonlyMap<string, string>;
  auth: Auth | undefined;
  tls: TlsConfig | undefined;
  proxyUrl: string | undefined;
  dropRateLimited: boolean;
}

export interface LineLimits {
  /** 0 is no limit. */
  lineBytesMax: number;
  truncate: boolean;
}

/** Where batches wait on disk while a server is away. */
export interface QueueConfig {
  directory: string;
  /** 0 switches the queue off: sources wait then. */
  bytesMax: number;
}
