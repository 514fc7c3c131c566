/** A push, from a client in the parent to the store in the child. Times in ns as text. */
export interface ParentMessage {
  number: number;
  tenant: string;
  agent: string;
  sequence: number;
  streams: Array<{ labels: Record<string, string>; entries: Array<{ ts: string; line: string }> }>;
}

export type ChildMessage = { kind: 'round' } | { kind: 'done'; number: number; stored: number; repeated: number } | { kind: 'failed'; number: number; error: string };
