import { fromEvent, lastValueFrom, takeUntil, type Observable } from 'rxjs';

/** `signal.throwIfAborted`, which not every browser that runs Grafana 10.1 has. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new DOMException('Stopped', 'AbortError');
  }
}

/** The answer, unless `signal` fires before: then the request is cancelled on the wire and the promise rejects. */
export function untilAborted<T>(answer: Observable<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal);
  return lastValueFrom(answer.pipe(takeUntil(fromEvent(signal, 'abort'))));
}
