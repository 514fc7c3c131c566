/**
 * LogQL as plain data. Nodes have no methods, hold no results and are never mutated; they survive `structuredClone`, so a
 * query can be posted to a worker thread as it is. Every node carries the span of text it was parsed from.
 *
 * Source of the language: Grafana Loki 3.4, pkg/logql/syntax.
 */

/** Half-open range of UTF-16 offsets into the query text: `[start, end)`. */
export interface Span {
  start: number;
  end: number;
}

/** A whole query. */
export type Expr = LogExpr | MetricExpr;

// ---------------------------------------------------------------------------------------------- log queries

/** `{selector} | stage | stage`: entries in, entries out. */
export interface LogExpr {
  kind: 'log';
  selector: Selector;
  stages: Stage[];
  span: Span;
}

/**
 * Template variables: where a node has `variable`, its text field (`value`, `pattern`, `template`) holds a variable such as
 * `$x` that stood there without quotes. Only the plugin's parser makes such nodes; the backend never sees one.
 */
export interface Selector {
  matchers: Matcher[];
  /** A variable that stands for the whole log query up to here: `$query | json`. */
  variable?: string;
  span: Span;
}

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** A label matcher. `=~` and `!~` are RE2 patterns anchored at both ends; a missing label equals the empty string. */
export interface Matcher {
  name: string;
  op: MatchOp;
  value: string;
  variable?: true;
  span: Span;
}

export type Stage =
  | LineFilterStage
  | JsonStage
  | LogfmtStage
  | RegexpStage
  | PatternStage
  | UnpackStage
  | DecolorizeStage
  | LabelFilterStage
  | LineFormatStage
  | LabelFormatStage
  | DropStage
  | KeepStage
  | DistinctStage;

export type LineFilterOp = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

/** `|= "a" or "b"`. With a positive op one operand must match; with a negative op none may match. Never empty. */
export interface LineFilterStage {
  kind: 'lineFilter';
  op: LineFilterOp;
  operands: LineFilterOperand[];
  span: Span;
}

/** Plain text (meaning depends on the op: substring, RE2 pattern or `<_>` pattern) or `ip("...")`. */
export interface LineFilterOperand {
  kind: 'text' | 'ip';
  value: string;
  variable?: true;
  span: Span;
}

/** `json` (no expressions: every leaf) or `json a="x.y[0]", b`. */
export interface JsonStage {
  kind: 'json';
  expressions: LabelExtraction[];
  span: Span;
}

export interface LogfmtStage {
  kind: 'logfmt';
  strict: boolean;
  keepEmpty: boolean;
  expressions: LabelExtraction[];
  span: Span;
}

/** `name="path"`; a bare `name` has `path` equal to `name` and `bare` set, so that it prints back as it was. */
export interface LabelExtraction {
  name: string;
  path: string;
  bare: boolean;
  variable?: true;
  span: Span;
}

export interface RegexpStage {
  kind: 'regexp';
  pattern: string;
  variable?: true;
  span: Span;
}

export interface PatternStage {
  kind: 'pattern';
  pattern: string;
  variable?: true;
  span: Span;
}

export interface UnpackStage {
  kind: 'unpack';
  span: Span;
}

export interface DecolorizeStage {
  kind: 'decolorize';
  span: Span;
}

export interface LabelFilterStage {
  kind: 'labelFilter';
  filter: LabelFilter;
  span: Span;
}

export interface LineFormatStage {
  kind: 'lineFormat';
  template: string;
  variable?: true;
  span: Span;
}

export interface LabelFormatStage {
  kind: 'labelFormat';
  targets: LabelFormatTarget[];
  span: Span;
}

/** `name=from` renames (from disappears); `name="template"` writes a template's value. */
export type LabelFormatTarget =
  | { kind: 'rename'; name: string; from: string; span: Span }
  | { kind: 'template'; name: string; template: string; variable?: true; span: Span };

export interface DropStage {
  kind: 'drop';
  labels: LabelRef[];
  span: Span;
}

export interface KeepStage {
  kind: 'keep';
  labels: LabelRef[];
  span: Span;
}

/** A label of `drop` or `keep`: bare, or only where it matches. */
export interface LabelRef {
  name: string;
  match?: { op: MatchOp; value: string; variable?: true };
  span: Span;
}

export interface DistinctStage {
  kind: 'distinct';
  labels: string[];
  span: Span;
}

export type CompareOp = '=' | '==' | '!=' | '>' | '>=' | '<' | '<=';

/**
 * A condition on labels. `and` binds tighter than `or`; comma and blank are `and` that bind loosest and group to the right
 * (`a, b or c` is `a and (b or c)`). `separator` keeps how an `and` was written.
 */
export type LabelFilter =
  | { kind: 'and'; left: LabelFilter; right: LabelFilter; separator: 'and' | ',' | ' '; span: Span }
  | { kind: 'or'; left: LabelFilter; right: LabelFilter; span: Span }
  | { kind: 'string'; name: string; op: MatchOp; value: string; variable?: true; span: Span }
  | { kind: 'number'; name: string; op: CompareOp; value: number; text: string; variable?: true; span: Span }
  /** `value` in seconds. */
  | { kind: 'duration'; name: string; op: CompareOp; value: number; text: string; span: Span }
  /** `value` in bytes. */
  | { kind: 'bytes'; name: string; op: CompareOp; value: number; text: string; span: Span }
  | { kind: 'ip'; name: string; op: '=' | '!='; value: string; span: Span };

// ---------------------------------------------------------------------------------------------- metric queries

export type MetricExpr =
  | RangeAggregation
  | VectorAggregation
  | BinaryExpr
  | LabelReplaceExpr
  | VectorExpr
  | NumberExpr;

export type RangeFunction =
  | 'rate'
  | 'rate_counter'
  | 'count_over_time'
  | 'bytes_rate'
  | 'bytes_over_time'
  | 'absent_over_time'
  | 'sum_over_time'
  | 'avg_over_time'
  | 'min_over_time'
  | 'max_over_time'
  | 'stdvar_over_time'
  | 'stddev_over_time'
  | 'first_over_time'
  | 'last_over_time'
  | 'quantile_over_time';

/** `fn(parameter, {..} | stages | unwrap x [range] offset d) by (labels)`. */
export interface RangeAggregation {
  kind: 'range';
  fn: RangeFunction;
  /** Only for `quantile_over_time`. */
  parameter?: number;
  parameterVariable?: string;
  log: LogExpr;
  unwrap?: Unwrap;
  range: Duration;
  /** Negative looks forward. */
  offset?: Duration;
  grouping?: Grouping;
  span: Span;
}

export type UnwrapConversion = 'bytes' | 'duration' | 'duration_seconds';

/** `| unwrap conversion(label) | filters`: the filters come after the sample is taken and see its error. */
export interface Unwrap {
  label: string;
  conversion?: UnwrapConversion;
  filters: LabelFilter[];
  span: Span;
}

/**
 * A duration as written. `ns` is a whole number of nanoseconds. With a template variable (`[$__interval]`, only when the
 * parser was told to allow them) `variable` holds its text and `ns` is 0.
 */
export interface Duration {
  ns: number;
  text: string;
  variable?: string;
  span: Span;
}

export interface Grouping {
  without: boolean;
  labels: string[];
  span: Span;
}

export type VectorFunction =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'approx_topk'
  | 'sort'
  | 'sort_desc';

export interface VectorAggregation {
  kind: 'vector';
  fn: VectorFunction;
  /** k of `topk`, `bottomk`, `approx_topk`. */
  parameter?: number;
  parameterVariable?: string;
  expr: MetricExpr;
  grouping?: Grouping;
  span: Span;
}

export type BinaryOp =
  | '+' | '-' | '*' | '/' | '%' | '^'
  | '==' | '!=' | '>' | '>=' | '<' | '<='
  | 'and' | 'or' | 'unless';

export interface BinaryExpr {
  kind: 'binary';
  op: BinaryOp;
  left: MetricExpr;
  right: MetricExpr;
  /** Comparison answers 0 or 1 instead of filtering. */
  bool: boolean;
  matching?: VectorMatching;
  span: Span;
}

export interface VectorMatching {
  on: boolean;
  labels: string[];
  /** `group_left` or `group_right` with the labels it carries over. */
  group?: { side: 'left' | 'right'; include: string[] };
  span: Span;
}

export interface LabelReplaceExpr {
  kind: 'labelReplace';
  expr: MetricExpr;
  dst: string;
  replacement: string;
  src: string;
  regex: string;
  span: Span;
}

/** `vector(n)`. */
export interface VectorExpr {
  kind: 'vectorLiteral';
  value: number;
  span: Span;
}

export interface NumberExpr {
  kind: 'number';
  value: number;
  /** A template variable that stands for a whole operand; `value` means nothing then. */
  variable?: string;
  span: Span;
}

// ---------------------------------------------------------------------------------------------- parse results

/** What is wrong, where. `line` and `column` count from 1 as Loki reports them; both 0 when Loki gives no position. */
export interface Problem {
  message: string;
  span: Span;
  line: number;
  column: number;
  /** A text that would repair it, for a one-click fix. */
  fix?: { label: string; span: Span; text: string };
}

/** The answer of `parse`, for any text. `expr` is set exactly when there are no problems. */
export interface Parsed {
  expr?: Expr;
  problems: Problem[];
}
