/** What `/targets` shows of a target. */
export interface TargetInfo {
  /** `File`, `Journal`, `Syslog`, `Docker`, `Push`, or why it was dropped. */
  type: string;
  ready: boolean;
  labels: ReadonlyMap<string, string>;
  discovered: ReadonlyMap<string, string>;
  details: ReadonlyMap<string, string>;
}

/** Everything of one job that brings lines of one kind. */
export interface TargetManager {
  readonly jobName: string;
  start(): Promise<void> | void;
  /** Reads no more. What was read stays on its way. */
  stop(): Promise<void> | void;
  /** Something is collected (for `/ready`). */
  readonly ready: boolean;
  readonly active: TargetInfo[];
  readonly dropped: TargetInfo[];
}
