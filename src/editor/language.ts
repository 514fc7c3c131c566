import type { Monaco, monacoTypes } from '@grafana/ui';
import { functionInfo, parse, problemText, tokenize, type FunctionInfo, type Problem, type Token } from '../logql';
import { functionDoc, stageDoc } from './docs';

/** Name of the language inside Monaco, which all editors of a page share. */
export const languageId = 'binocle-logql';

export interface CompletionItem {
  label: string;
  insert: string;
  kind: 'function' | 'label' | 'value' | 'keyword' | 'duration' | 'variable' | 'history' | 'stage';
  detail?: string;
  doc?: string;
  /** Put the cursor there: characters from the end of `insert`. */
  back?: number;
  /** Open the list again after it was taken. */
  again?: boolean;
}

/** Answers completions of one editor: the items, and where in the text they go. */
export type Complete = (text: string, offset: number) => Promise<{ items: CompletionItem[]; start: number; end: number }>;

/** Completions by the address of the text: providers are registered once for all editors of a page. */
const completers = new Map<string, Complete>();
const problemsOf = new Map<string, Problem[]>();

export function connect(model: monacoTypes.editor.ITextModel, complete: Complete): () => void {
  const key = model.uri.toString();
  completers.set(key, complete);
  return () => {
    completers.delete(key);
    problemsOf.delete(key);
  };
}

/** Problems of a text, as Monaco's marks; nothing for an empty text. */
export function showProblems(monaco: Monaco, model: monacoTypes.editor.ITextModel): void {
  const text = model.getValue();
  const problems = text.trim() === '' ? [] : parse(text, { variables: true }).problems;
  problemsOf.set(model.uri.toString(), problems);
  monaco.editor.setModelMarkers(
    model,
    languageId,
    problems.map((problem) => ({ ...rangeOf(model, problem.span.start, Math.max(problem.span.end, problem.span.start + 1)), message: problemText(problem), severity: monaco.MarkerSeverity.Error }))
  );
}

function rangeOf(model: monacoTypes.editor.ITextModel, start: number, end: number): monacoTypes.IRange {
  const from = model.getPositionAt(start);
  const to = model.getPositionAt(end);
  return { startLineNumber: from.lineNumber, startColumn: from.column, endLineNumber: to.lineNumber, endColumn: to.column };
}

/** Teaches Monaco the language; does nothing when it knows it already. */
export function registerLanguage(monaco: Monaco): void {
  if (monaco.languages.getLanguages().some(({ id }) => id === languageId)) {
    return;
  }
  monaco.languages.register({ id: languageId });
  monaco.languages.setLanguageConfiguration(languageId, {
    wordPattern: /[A-Za-z_]\w*|\$\w+/,
    comments: { lineComment: '#' },
    brackets: [['{', '}'], ['(', ')'], ['[', ']']],
    autoClosingPairs: ['{}', '()', '[]', '""', '``'].map((pair) => ({ open: pair[0], close: pair[1], notIn: pair[0] === pair[1] ? ['string'] : undefined })),
    surroundingPairs: ['{}', '()', '[]', '""', '``'].map((pair) => ({ open: pair[0], close: pair[1] })),
  });
  monaco.languages.setTokensProvider(languageId, { getInitialState: () => new LineState(false), tokenize: tokenizeLine });
  monaco.languages.registerCompletionItemProvider(languageId, { triggerCharacters: ['{', ',', '[', '(', '=', '~', ' ', '"', '|', '$'], provideCompletionItems: (model, position) => provideCompletions(monaco, model, position) });
  monaco.languages.registerHoverProvider(languageId, { provideHover });
  monaco.languages.registerSignatureHelpProvider(languageId, { signatureHelpTriggerCharacters: ['(', ','], provideSignatureHelp });
  monaco.languages.registerCodeActionProvider(languageId, { provideCodeActions });
}

/** Whether a line begins inside a text in backticks. */
class LineState implements monacoTypes.languages.IState {
  constructor(readonly inRaw: boolean) {}
  clone() {
    return new LineState(this.inRaw);
  }
  equals(other: LineState) {
    return other.inRaw === this.inRaw;
  }
}

/** Colours of one line, from the lexer that also feeds the parser. */
export function tokenizeLine(line: string, state: monacoTypes.languages.IState): monacoTypes.languages.ILineTokens {
  let offset = 0;
  const tokens: monacoTypes.languages.IToken[] = [];
  if ((state as LineState).inRaw) {
    const end = line.indexOf('`');
    tokens.push({ startIndex: 0, scopes: 'string' });
    if (end < 0) {
      return { tokens, endState: state };
    }
    offset = end + 1;
  }
  const rest = line.slice(offset);
  let inRaw = false;
  let last = 0;
  for (const token of tokenize(rest, { variables: true })) {
    if (token.type === '$end') {
      break;
    }
    if (token.start > last) {
      tokens.push({ startIndex: offset + last, scopes: '' });
    }
    inRaw = rest[token.start] === '`' && (token.end - token.start < 2 || rest[token.end - 1] !== '`');
    tokens.push({ startIndex: offset + token.start, scopes: scopeOf(token, rest) });
    last = token.end;
  }
  if (offset + last < line.length) {
    tokens.push({ startIndex: offset + last, scopes: '' });
  }
  return { tokens, endState: new LineState(inRaw) };
}

/** A token as a name of the colours of Grafana's editor themes. */
export function scopeOf({ type, start }: Token, text: string): string {
  switch (type) {
    case 'STRING':
      return 'string';
    case 'NUMBER':
    case 'DURATION':
    case 'BYTES':
    case 'RANGE':
      return 'number';
    case 'COMMENT':
      return 'comment';
    case 'IDENTIFIER':
      return 'variable';
    case 'VARIABLE':
      return 'annotation';
    case 'ERROR':
      return text[start] === '"' || text[start] === '`' ? 'string' : 'invalid';
    case 'UNKNOWN':
      return 'invalid';
    default:
      return /^\w/.test(type) ? (functionInfo.has(type.toLowerCase()) ? 'type' : 'keyword') : 'delimiter';
  }
}

async function provideCompletions(monaco: Monaco, model: monacoTypes.editor.ITextModel, position: monacoTypes.Position): Promise<monacoTypes.languages.CompletionList> {
  const complete = completers.get(model.uri.toString());
  const offset = model.getOffsetAt(position);
  const found = await complete?.(model.getValue(), offset);
  if (!found) {
    return { suggestions: [] };
  }
  const kinds: Record<CompletionItem['kind'], monacoTypes.languages.CompletionItemKind> = {
    function: monaco.languages.CompletionItemKind.Function,
    label: monaco.languages.CompletionItemKind.Enum,
    value: monaco.languages.CompletionItemKind.EnumMember,
    keyword: monaco.languages.CompletionItemKind.Keyword,
    duration: monaco.languages.CompletionItemKind.Unit,
    variable: monaco.languages.CompletionItemKind.Variable,
    history: monaco.languages.CompletionItemKind.Snippet,
    stage: monaco.languages.CompletionItemKind.Interface,
  };
  const range = rangeOf(model, found.start, found.end);
  const suggestions = found.items.map((item, index) => ({
    // A text alone would show what stands beside it for the chosen item only.
    label: item.detail ? { label: item.label, description: item.detail } : item.label,
    kind: kinds[item.kind],
    documentation: item.doc,
    insertText: item.back ? escapeSnippet(item.insert.slice(0, -item.back)) + '$0' + escapeSnippet(item.insert.slice(-item.back)) : item.insert,
    insertTextRules: item.back ? monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet : undefined,
    range,
    sortText: String(index).padStart(5, '0'),
    filterText: item.kind === 'history' ? model.getValue().slice(found.start, found.end) || item.label : item.label,
    command: item.again ? { id: 'editor.action.triggerSuggest', title: '' } : undefined,
  }));
  return { suggestions, incomplete: true };
}

function escapeSnippet(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}

function provideHover(model: monacoTypes.editor.ITextModel, position: monacoTypes.Position): monacoTypes.languages.Hover | null {
  const word = model.getWordAtPosition(position);
  const doc = word && (functionHover(functionInfo.get(word.word)) ?? stageDoc(word.word));
  return doc ? { contents: [{ value: doc }] } : null;
}

function functionHover(info: FunctionInfo | undefined): string | undefined {
  return info && `**${info.name}**(${[info.parameter, info.signature].filter(Boolean).join(', ')})\n\n${functionDoc(info.name)}\n\n\`${info.example}\``;
}

function provideSignatureHelp(model: monacoTypes.editor.ITextModel, position: monacoTypes.Position): monacoTypes.languages.SignatureHelpResult | null {
  const info = callAround(model.getValue(), model.getOffsetAt(position));
  if (!info) {
    return null;
  }
  const parameters = [info.found.parameter, info.found.signature].filter((part): part is string => part !== undefined);
  const label = `${info.found.name}(${parameters.join(', ')})`;
  const signatures = [{ label, documentation: { value: functionDoc(info.found.name) }, parameters: parameters.map((part) => ({ label: part })) }];
  return { value: { signatures, activeSignature: 0, activeParameter: Math.min(info.commas, parameters.length - 1) }, dispose: () => undefined };
}

/** The function whose parentheses hold the cursor, and how many commas are before it there. */
export function callAround(text: string, offset: number): { found: FunctionInfo; commas: number } | undefined {
  const open: Array<{ name?: string; commas: number }> = [];
  let previous: Token | undefined;
  for (const token of tokenize(text.slice(0, offset), { variables: true })) {
    if (token.type === '(' || token.type === '{' || token.type === '[') {
      open.push({ name: previous && text.slice(previous.start, previous.end).toLowerCase(), commas: 0 });
    } else if (token.type === ')' || token.type === '}' || token.type === ']') {
      open.pop();
    } else if (token.type === ',' && open.length > 0) {
      open[open.length - 1].commas++;
    }
    previous = token;
  }
  const innermost = open[open.length - 1];
  const found = innermost?.name === undefined ? undefined : functionInfo.get(innermost.name);
  return found && { found, commas: innermost.commas };
}

function provideCodeActions(model: monacoTypes.editor.ITextModel, range: monacoTypes.Range, context: monacoTypes.languages.CodeActionContext): monacoTypes.languages.CodeActionList {
  const start = model.getOffsetAt(range.getStartPosition());
  const end = model.getOffsetAt(range.getEndPosition());
  const near = (problemsOf.get(model.uri.toString()) ?? []).filter((problem) => problem.fix && problem.span.start <= end && problem.span.end + 1 >= start);
  const actions = near.map(({ fix }) => ({
    title: fix!.label,
    kind: 'quickfix',
    isPreferred: true,
    diagnostics: context.markers as monacoTypes.editor.IMarkerData[],
    edit: { edits: [{ resource: model.uri, versionId: model.getVersionId(), textEdit: { range: rangeOf(model, fix!.span.start, fix!.span.end), text: fix!.text } }] },
  }));
  return { actions, dispose: () => undefined };
}
