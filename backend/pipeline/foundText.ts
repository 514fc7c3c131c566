import { jsonEscapedValue, logfmtQuotedValue, plainValue, rawValue, type ValueKind } from '../text/fields';
import { jsonStringText } from '../text/json';
import { logfmtQuotedText } from '../text/logfmt';
import { sliceWithSpaces, type Source } from '../text/source';
import type { TextCache } from '../text/textCache';

/** The text of a value that a parser found in bytes `[start, end)`. */
export function foundText(texts: TextCache, source: Source, start: number, end: number, kind: ValueKind): string {
  switch (kind) {
    case plainValue:
      return texts.ascii(source, start, end);
    case jsonEscapedValue:
      return jsonStringText(source, start, end);
    case logfmtQuotedValue:
      return logfmtQuotedText(source, start, end);
    case rawValue:
      return source.slice(start, end);
    default:
      return sliceWithSpaces(source, start, end);
  }
}
