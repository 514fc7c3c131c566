import { crashRounds } from './crash';

/** `npm run crash [-- ROUNDS [SEED]]`: the long run. */
async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 300);
  const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1e9));
  console.log(`${rounds} rounds with seed ${seed}`);
  const report = await crashRounds(rounds, seed);
  console.log(`${report.rounds} kills, ${report.batches} acknowledged pushes with ${report.lines} lines: each line there exactly once, ${report.resent} of them sent again after a kill; ${report.doubtful} pushes without an answer were whole or absent`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
