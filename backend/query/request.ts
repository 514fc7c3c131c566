/** What can be asked of the engine. */
export type QueryRequest = RangeRequest | InstantRequest;

interface RequestBase {
  /** One tenant, or several that are queried together. Never empty. */
  tenants: string[];
  query: string;
}

/** Log queries read `[startNs, endNs)`; metric queries are evaluated at the multiples of the step from `startNs` to `endNs`, both widened. */
export interface RangeRequest extends RequestBase {
  kind: 'range';
  startNs: bigint;
  endNs: bigint;
  stepNs: bigint;
  limit: number;
  direction: 'forward' | 'backward';
  /** Log queries: least distance between returned entries. 0: all. */
  intervalNs: number;
}

export interface InstantRequest extends RequestBase {
  kind: 'instant';
  timeNs: bigint;
}
