import { logQueriesOf, quoteRegex } from '../logql';
import { parsed } from './kind';

/** Regular expressions for what a query looks for in lines: Grafana marks them in what comes back. */
export function searchWords(expr: string): string[] {
  const found = parsed(expr);
  if (!found) {
    return [];
  }
  const words = logQueriesOf(found).flatMap(({ stages }) =>
    stages.flatMap((stage) => {
      if (stage.kind !== 'lineFilter' || stage.op.startsWith('!')) {
        return [];
      }
      return stage.operands.flatMap(({ kind, value }) => {
        if (kind === 'ip' || value === '') {
          return [];
        }
        switch (stage.op) {
          case '|=':
            return [quoteRegex(value)];
          case '|~':
            return [value];
          default:
            return value.split('<_>').filter((text) => text.trim() !== '').map(quoteRegex);
        }
      });
    })
  );
  return [...new Set(words)];
}
