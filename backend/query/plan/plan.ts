import type { BinaryOp, Grouping, LogExpr, RangeAggregation, VectorFunction, VectorMatching } from '../../../src/logql/ast';
import type { CountRequest, TimeRange } from '../../store/store';
import type { SampleFragment } from '../fragment';

/** What will be done for a query: plain data, printed by `explain`. */
export type Plan = LogPlan | MetricPlan;

export interface LogPlan extends TimeRange {
  kind: 'log';
  expr: LogExpr;
  direction: 'forward' | 'backward';
  limit: number;
  intervalNs: number;
}

export interface MetricPlan {
  kind: 'metric';
  steps: Steps;
  root: MetricNode;
  /** The leaves of the tree that read entries; equal ones are there once. */
  ranges: RangeNode[];
  /** The steps in runs that are evaluated one after the other (or side by side), which bounds the memory. */
  runs: Steps[];
}

/** `firstNs, firstNs + stepNs, ...`, `count` of them. */
export interface Steps {
  firstNs: bigint;
  stepNs: bigint;
  count: number;
}

export type MetricNode =
  | { kind: 'number'; value: number }
  | { kind: 'vectorLiteral'; value: number }
  | RangeNode
  | { kind: 'vector'; fn: VectorFunction; parameter: number; grouping?: Grouping; input: MetricNode }
  | { kind: 'binary'; op: BinaryOp; bool: boolean; matching?: VectorMatching; left: MetricNode; right: MetricNode }
  | { kind: 'labelReplace'; dst: string; replacement: string; src: string; regex: string; input: MetricNode };

/** A range aggregation: what fragments evaluate. */
export interface RangeNode {
  kind: 'range';
  expr: RangeAggregation;
  /** See SampleFragment. */
  foldBy?: { labels: string[]; without: boolean };
  count?: Pick<CountRequest, 'by' | 'metadataNames'>;
  /** See SampleFragment. */
  sums?: SampleFragment['sums'];
}

export interface PlanRequest extends TimeRange {
  /** 0 for an instant query. */
  stepNs: bigint;
  direction: 'forward' | 'backward';
  limit: number;
  intervalNs: number;
  /** How many fragments may run at the same time. */
  parallel: number;
}

/** A rule rewrites one node; its inputs have been rewritten before. */
export type Rule = (node: MetricNode) => MetricNode;
