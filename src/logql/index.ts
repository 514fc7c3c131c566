/** The public names of the language. */
export * from './ast';
export { check } from './check';
export { functionInfo, type FunctionInfo } from './functions';
export { hasVariable, tokenize, type LexOptions, type Token } from './lexer';
export { parse, problemText, queryLengthMax, type ParseOptions } from './parser';
export { print, printLabelFilter, printMatcher, printNumber, printPretty, printSelector, printStage } from './printer';
export {
  captureNames,
  literals,
  matchesEmpty,
  quoteRegex,
  regexError,
  translate,
  type LiteralClause,
  type TranslateOptions,
  type Translation,
} from './regex';
export * from './units';
