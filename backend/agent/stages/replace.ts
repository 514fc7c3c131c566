import { type Template, TemplateError } from '../../text/template';
import type { Captures, Match } from '../captures';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { readExpression } from './regex';
import { compileStageTemplate, runTemplate, templateValues } from './templates';
import { inputOf } from './values';

/**
 * `replace`: each group of each match is replaced by what the template makes of it (`.Value`). Without groups nothing changes; a template that
 * is broken, or fails, changes nothing. Named groups are extracted as they read after the replacement.
 */
export const replaceStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const source = config.source();
  const regex = readExpression(config);
  const template = compiled(config.text('replace') ?? '');
  return () => ({
    run(entry, next) {
      const input = inputOf(entry, source);
      const matches = input === undefined || !template ? [] : regex.all(input);
      if (input !== undefined && template && matches.length > 0) {
        const replaced = replaceGroups(input, matches, (value) => runTemplate(template, templateValues(entry).set('Value', value)));
        if (replaced) {
          if (source === undefined) {
            entry.line = replaced.text;
          } else {
            entry.extracted.set(source, replaced.text);
          }
          extractNames(regex, input, matches[0], replaced.values, entry.extracted);
        }
      }
      next(entry);
    },
  });
};

/** A broken template is no error for Promtail: the stage then does nothing. */
function compiled(text: string): Template | undefined {
  try {
    return compileStageTemplate(text);
  } catch (error) {
    if (error instanceof TemplateError) {
      return undefined;
    }
    throw error;
  }
}

interface Replaced {
  text: string;
  /** What each captured text became. */
  values: Map<string, string>;
}

function replaceGroups(input: string, matches: readonly Match[], replacement: (value: string) => string | undefined): Replaced | undefined {
  const values = new Map<string, string>();
  let text = '';
  let done = 0;
  for (const { starts, ends } of matches) {
    for (let group = 1; group < starts.length; group++) {
      if (starts[group] < 0) {
        continue;
      }
      const value = input.slice(starts[group], ends[group]);
      const replaced = replacement(value);
      if (replaced === undefined) {
        return undefined;
      }
      values.set(value, replaced);
      // A group inside one that was replaced is gone from the text.
      if (done === 0 || done <= starts[group]) {
        text += input.slice(done, starts[group]) + replaced;
        done = ends[group];
      }
    }
  }
  return { text: text + input.slice(done), values };
}

function extractNames(regex: Captures, input: string, first: Match, values: ReadonlyMap<string, string>, extracted: Map<string, unknown>): void {
  regex.names.forEach((name, group) => {
    const value = name === undefined ? undefined : values.get(first.starts[group] < 0 ? '' : input.slice(first.starts[group], first.ends[group]));
    if (name !== undefined && value !== undefined) {
      extracted.set(name, value);
    }
  });
}
