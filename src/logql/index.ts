/** The public names of the language. */
export * from './ast';
export { check, isEmptyCompatible } from './check';
export {
  addLabelFilter,
  addLabelFormat,
  addLineFilter,
  addMatcher,
  addNoPipelineError,
  addParser,
  hasFilter,
  logQueriesOf,
  removeLabelFilter,
  removeMatcher,
  setRange,
  setSelector,
  toggleMatcher,
  type FilterOp,
  type LabelCondition,
} from './edit';
export { functionInfo, type FunctionInfo } from './functions';
export { hasVariable, tokenize, type LexOptions, type Token } from './lexer';
export { nearest } from './nearest';
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
export { looseTests, type TextTest } from './regexLoose';
export { situationAt, type Situation, type SituationKind } from './situation';
export * from './units';
