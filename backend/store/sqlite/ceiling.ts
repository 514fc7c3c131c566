import { collectNow } from './garbage';

/** Share of the ceiling from which garbage is looked for. Below it V8 decides by itself, which costs a fifth less CPU. */
const startShare = 0.75;
const checkEveryMs = 50;
/** Least time between two collections, so that a server that truly needs the memory still does its work. */
const restMs = 750;

/**
 * Watches the resident memory of the process. V8 has no idea of a ceiling that several heaps share: each would grow until its own limit. Near
 * the ceiling every thread is told to collect. Answers a function that ends the watch.
 */
export function watchCeiling(bytesMax: number, collectElsewhere: () => void): () => void {
  let lastMs = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - lastMs >= restMs && process.memoryUsage.rss() > bytesMax * startShare) {
      collectElsewhere();
      collectNow();
      lastMs = performance.now();
    }
  }, checkEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
