import type { Logger } from 'pino';
import type { Intake } from '../ingest/intake';
import type { Metrics } from '../metrics';
import type { LiveSource } from '../model/live';
import type { FragmentRunner } from '../query/fragment';
import type { QuestionRunner } from '../query/question';
import type { Store } from '../store/store';
import type { ByteBudget } from '../ingest/byteBudget';
import type { ServerLimits } from './limits';
import type { AnswerRoom } from './answerRoom';
import type { QueryGate } from './queryGate';

/** Everything the HTTP layer needs, made in `server.ts`. */
export interface AppDeps {
  store: Store;
  /** Runs fragments of queries, and answers large questions. */
  runner: FragmentRunner & QuestionRunner;
  queryGate: QueryGate;
  /** The same for questions that are tried on this thread. */
  questionGate: QueryGate;
  answers: AnswerRoom;
  intake: Intake;
  /** Entries as they are stored, for live tail. */
  live: LiveSource;
  /** Bytes that bodies of pushes under way may hold together. */
  bodyBudget: ByteBudget;
  /** The same for long forms of questions. */
  formBudget: ByteBudget;
  metrics: Metrics;
  log: Logger;
  settings: AppSettings;
  limits: (tenant: string) => ServerLimits;
  /** Why the server can't take requests yet, or undefined when it can. */
  notReady: () => string | undefined;
  /** Nanoseconds since 1970 now. */
  now: () => bigint;
}

export interface AppSettings {
  version: string;
  /** Before every path; empty for none. */
  pathPrefix: string;
  authEnabled: boolean;
  multiTenantQueries: boolean;
  /** Bytes of one push, after decompression. */
  pushBytesMax: number;
  /** The configuration as YAML for `/config`, without secrets; and what differs from the defaults. */
  configYaml: string;
  configDiffYaml: string;
  /** Folder of the page that `/explore` serves; undefined when it is not built. */
  exploreDir?: string;
  /** Data sources that the page at `/explore` may reach through `/api/datasources/proxy/uid/:uid/*`, by uid. */
  datasources: ReadonlyMap<string, string>;
}
