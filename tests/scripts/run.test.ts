import assert from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runScript } from './runScript';
import { targets } from './targets';

/** Every script against every target. `npx tsx tests/scripts/cli.ts --update` rewrites the expected answers. */
for (const file of readdirSync(__dirname).filter((name) => name.endsWith('.logtest')).sort()) {
  for (const { name, make, skip } of targets) {
    test(`${file} on ${name}`, { skip }, async () => {
      const target = make();
      try {
        const { failures, asked } = await runScript(readFileSync(path.join(__dirname, file), 'utf8'), target);
        const report = failures.map(({ line, ask, expected, actual }) =>
          [`${file}:${line} ${ask.verb} ${ask.query}`, 'expected', ...expected.map((text) => `  ${text}`), 'answered', ...actual.map((text) => `  ${text}`)].join('\n')
        );
        assert.equal(report.join('\n\n'), '');
        assert.ok(asked > 0, 'the script asks nothing');
      } finally {
        await target.close();
      }
    });
  }
}
