import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

/** Characters of a line that has no end yet; what is longer is cut there, so that a file without line feeds does not fill the memory. */
const lineCharsMax = 8_388_608;

/**
 * The lines of a text, as the agent reads them: a line ends with a line feed. Carriage returns are part of it (programs that show progress
 * write many into one line), except at its end.
 */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const part of input) {
    const pieces = decoder.write(part as Buffer).split('\n');
    for (let i = 0; i < pieces.length; i++) {
      rest += pieces[i];
      if (i < pieces.length - 1 || rest.length >= lineCharsMax) {
        yield withoutReturns(rest);
        rest = '';
      }
    }
  }
  rest += decoder.end();
  if (rest !== '') {
    yield withoutReturns(rest);
  }
}

const withoutReturns = (line: string): string => (line.endsWith('\r') ? line.replace(/\r+$/, '') : line);
