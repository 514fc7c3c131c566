import { useEffect, useRef, useState } from 'react';

/** What became of a question that takes a while. */
export type Asked<T> = { kind: 'idle' } | { kind: 'running'; done: number; of: number } | { kind: 'done'; answer: T } | { kind: 'failed'; message: string };

export type Ask<T> = (signal: AbortSignal, onProgress: (done: number, of: number) => void) => Promise<T>;

/** A question asked at the press of a button. A newer one, `stop` and leaving the page end the one under way. */
export function useAnswer<T>(ask: Ask<T>): { state: Asked<T>; start(): void; stop(): void } {
  const [state, setState] = useState<Asked<T>>({ kind: 'idle' });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const start = () => {
    abort.current?.abort();
    const controller = new AbortController();
    abort.current = controller;
    const { signal } = controller;
    const say = (next: Asked<T>) => !signal.aborted && setState(next);
    say({ kind: 'running', done: 0, of: 0 });
    ask(signal, (done, of) => say({ kind: 'running', done, of })).then(
      (answer) => say({ kind: 'done', answer }),
      (error: unknown) => say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    );
  };
  const stop = () => {
    abort.current?.abort();
    setState({ kind: 'idle' });
  };
  return { state, start, stop };
}
