/** Repeatable random numbers for tests: print the seed when one fails. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** The seed of this run: `SEED` in the environment, else the clock. */
export const testSeed = Number(process.env.SEED ?? Date.now() % 1_000_000) + 1;
