import { tooMany } from '../model/errors';

/** Queries that run at the same time. More would only share the same cores, and each holds memory and open files. */
const runningMax = 8;
/** Queries that wait. A dashboard has some dozens of panels. */
const waitingMax = 200;

/** Lets a bounded number of queries run; the others wait their turn, and what is beyond is refused as Loki refuses it. */
export class QueryGate {
  private running = 0;
  private readonly waiting: Array<() => void> = [];

  /** Runs `work` when it is its turn; tells it how many seconds it waited. */
  async run<Answer>(signal: AbortSignal, work: (queueSeconds: number) => Promise<Answer>): Promise<Answer> {
    const asked = performance.now();
    if (this.running >= runningMax) {
      await this.turn(signal);
    } else {
      this.running++;
    }
    try {
      return await work((performance.now() - asked) / 1000);
    } finally {
      const next = this.waiting.shift();
      if (next) {
        next();
      } else {
        this.running--;
      }
    }
  }

  private turn(signal: AbortSignal): Promise<void> {
    if (this.waiting.length >= waitingMax) {
      return Promise.reject(tooMany('too many outstanding requests'));
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(go), 1);
        reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
      };
      this.waiting.push(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
