import type { LogfmtStage } from '../../src/logql/ast';
import { badRequest } from '../model/errors';
import { logfmtQuotedValue, unwanted, type FieldSink, type ValueKind } from '../text/fields';
import { LogfmtFields, logfmtUnescaped } from '../text/logfmt';
import type { Source } from '../text/source';
import type { BuildContext, Step } from './step';

export const logfmtParserError = 'LogfmtParserErr';

/** `logfmt`, `--strict`, `--keep-empty`, and `logfmt a="b"`. */
export function buildLogfmt(stage: LogfmtStage, context: BuildContext): Step {
  return stage.expressions.length > 0 ? buildExpressions(stage, context) : buildFields(stage, context);
}

function buildFields(stage: LogfmtStage, { labels }: BuildContext): Step {
  const fields = new LogfmtFields((name) => labels.wantedNumber(name), stage.strict, stage.keepEmpty);
  return (line) => {
    if (labels.complete) {
      return true;
    }
    labels.markFound();
    const error = fields.parse(line.source, line.start, line.end, labels);
    if (error !== undefined) {
      labels.setParserError(logfmtParserError, error);
    }
    return true;
  };
}

/** Every named label is there afterwards, empty when the line has no such key (unless the stream has the name). */
function buildExpressions(stage: LogfmtStage, { labels }: BuildContext): Step {
  const targets = stage.expressions.map(({ name, path }) => ({ name, key: expressionKey(path), number: labels.names.number(name) }));
  const names = new Set(targets.map(({ name }) => name));
  /** Label numbers of fields that are no target's name themselves: what is there already under it is not read again. */
  const keyNumbers: number[] = [];
  /** Label numbers by field: a key feeds every label that names it, else the label of its own name. */
  const numbersByField: number[][] = [];
  const fields = new LogfmtFields(
    (name) => {
      const byKey = targets.filter((target) => target.key === name);
      const wanted = byKey.length > 0 ? byKey : targets.filter((target) => target.name === name);
      if (wanted.length === 0) {
        return unwanted;
      }
      const field = numbersByField.push(wanted.map((target) => target.number)) - 1;
      keyNumbers[field] = names.has(name) ? unwanted : labels.names.number(name);
      return field;
    },
    stage.strict,
    true
  );
  const sink: FieldSink = {
    found: (field, source, start, end, kind) => {
      if (keyNumbers[field] !== unwanted && labels.isExtracted(keyNumbers[field])) {
        return true;
      }
      const value = readableText(source, start, end, kind);
      for (const number of numbersByField[field]) {
        const label = labels.parsedNumber(number);
        if (label !== number && labels.get(label) !== undefined) {
          return false; // a name that the stream has is found once, and then Loki stops looking
        }
        labels.set(label, value);
      }
      return true;
    },
  };
  return (line) => {
    if (labels.complete) {
      return true;
    }
    labels.markFound();
    for (const { number } of targets) {
      if (labels.parsedNumber(number) === number) {
        labels.set(number, '');
      }
    }
    const error = fields.parse(line.source, line.start, line.end, sink);
    if (error !== undefined) {
      labels.setParserError(logfmtParserError, error);
    }
    return true;
  };
}

/** What expressions make of a value: nothing when it can't be read as UTF-8. */
function readableText(source: Source, start: number, end: number, kind: ValueKind): string {
  const text = kind === logfmtQuotedValue ? logfmtUnescaped(source.slice(start + 1, end - 1)) : source.slice(start, end);
  return text.includes('\uFFFD') ? '' : text;
}

/** `key` or `"key"` (Loki, pkg/logql/log/logfmt). */
function expressionKey(path: string): string {
  const key = /^[ \t\n]*(?:([a-zA-Z_][a-zA-Z0-9_]*)|"([^"\]]*)["\]]?)[ \t\n]*$/.exec(path);
  if (!key) {
    throw badRequest(`cannot parse expression [${path}]: write the name of a key, or the name in double quotes`);
  }
  return key[1] ?? key[2];
}
