import { lookupService } from 'node:dns/promises';

/**
 * Addresses that wait for their names, and addresses whose names are remembered. Senders of datagrams can be made up: what comes from more of
 * them than may wait goes on without a name.
 */
const addressesMax = 1_000;
/** What waits for a name goes on without it after so long: a name server that is away takes ten seconds and more for each address. */
const waitMsMax = 5_000;
const nameMsMax = 10 * 60_000;
const noNameMsMax = 60_000;

/**
 * Names of the addresses that send syslog. They are looked up one at a time: Node gives such waiting two of its four threads, and the other is
 * needed for the addresses of the servers that lines are sent to.
 */
export class SenderNames {
  private readonly known = new Map<string, { name: string | undefined; untilMs: number }>();
  private readonly asked = new Map<string, Promise<string | undefined>>();
  private turn: Promise<unknown> = Promise.resolve();

  /** @param lookUp must not reject: an address without a name is usual. */
  constructor(
    private readonly lookUp: (address: string) => Promise<string | undefined> = hostOf,
    private readonly waitMs = waitMsMax
  ) {}

  /** The name of an address; undefined where it has none, or none is known in time. */
  async of(address: string): Promise<string | undefined> {
    const known = this.known.get(address);
    if (known && known.untilMs > Date.now()) {
      return known.name;
    }
    const asked = this.asked.get(address) ?? this.ask(address);
    return known ? known.name : asked;
  }

  private ask(address: string): Promise<string | undefined> | undefined {
    if (this.asked.size >= addressesMax) {
      return undefined;
    }
    const inTime = new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), this.waitMs).unref();
      this.turn = this.turn.then(async () => {
        const name = await this.lookUp(address);
        clearTimeout(timer);
        this.asked.delete(address);
        resolve(this.remember(address, name));
      });
    });
    this.asked.set(address, inTime);
    return inTime;
  }

  /** A name stays when it is not found again: the name server may be away. */
  private remember(address: string, found: string | undefined): string | undefined {
    const name = found ?? this.known.get(address)?.name;
    this.known.delete(address);
    if (this.known.size >= addressesMax) {
      this.known.delete(this.known.keys().next().value as string);
    }
    this.known.set(address, { name, untilMs: Date.now() + (found === undefined ? noNameMsMax : nameMsMax) });
    return name;
  }
}

async function hostOf(address: string): Promise<string | undefined> {
  try {
    return (await lookupService(address, 0)).hostname;
  } catch {
    // An address without a name is usual.
    return undefined;
  }
}
