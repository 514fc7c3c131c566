import type { BinaryOp, VectorMatching } from '../../../src/logql/ast';
import { badRequest } from '../../model/errors';
import type { Labels } from '../../model/labels';
import { comparisons } from '../../pipeline/labelFilter';
import { dropSome, keepOnly, labelsKey, withLabels, type LabelChoice } from '../grouping';
import { emptyRow, groupRows, narrowed, type Row, type Table } from './table';

type SetOp = 'and' | 'or' | 'unless';
type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^';
type ComparisonOp = '==' | '!=' | '>' | '>=' | '<' | '<=';

/** Loki divides by zero to NaN where IEEE 754 has infinities (pkg/logql/syntax/ast.go, MergeBinOp). */
const arithmetic: Record<ArithmeticOp, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? NaN : a / b),
  '%': (a, b) => (b === 0 ? NaN : a % b),
  '^': power,
};

/** 1 ^ x and (-1) ^ infinity are 1 in Go, NaN in JavaScript. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

const isComparison = (op: BinaryOp): op is ComparisonOp => op in comparisons;
const isSet = (op: BinaryOp): op is SetOp => op in setOps;

/** Two numbers. A comparison is 0 or 1, with and without `bool`. */
export function binaryNumbers(op: BinaryOp, left: number, right: number): number {
  if (isSet(op)) {
    throw badRequest(`unexpected literal for a leg of logical/set binary operation (${op}): it works on vectors only`);
  }
  return isComparison(op) ? Number(comparisons[op](left, right)) : arithmetic[op](left, right);
}

/** A vector and a number; `inverted` when the number is on the left. A comparison without `bool` keeps the vector's values. */
export function binaryWithNumber(op: BinaryOp, table: Table, number: number, bool: boolean, inverted: boolean): Table {
  const merge = merger(op, bool, inverted);
  const rows = table.rows.map((row) => {
    const merged = emptyRow(row.labels, table.steps);
    for (let step = 0; step < table.steps; step++) {
      if (row.present[step] === 1) {
        const value = row.values[step];
        mergeInto(merged, step, inverted ? merge(number, value) : merge(value, number));
      }
    }
    return merged;
  });
  return { steps: table.steps, rows: rows.filter((row) => row.present.includes(1)) };
}

/** Two vectors. */
export function binaryTables(op: BinaryOp, left: Table, right: Table, bool: boolean, matching: VectorMatching | undefined): Table {
  const choose = matchingLabels(matching);
  return isSet(op) ? setOps[op](left, right, choose) : matchTables(op, left, right, bool, matching, choose);
}

/** What a pair is worth; undefined when a comparison filters it out. `keepRight`: a filter answers the right side. */
function merger(op: BinaryOp, bool: boolean, keepRight = false): (a: number, b: number) => number | undefined {
  if (isSet(op)) {
    throw badRequest(`unexpected literal for a leg of logical/set binary operation (${op}): it works on vectors only`);
  }
  if (!isComparison(op)) {
    return arithmetic[op];
  }
  const holds = comparisons[op];
  return bool ? (a, b) => Number(holds(a, b)) : (a, b) => (holds(a, b) ? (keepRight ? b : a) : undefined);
}

function mergeInto(row: Row, step: number, value: number | undefined): void {
  if (value !== undefined) {
    row.values[step] = value;
    row.present[step] = 1;
  }
}

function matchingLabels(matching: VectorMatching | undefined): LabelChoice {
  if (!matching) {
    return (labels) => labels;
  }
  return matching.on ? keepOnly(matching.labels) : dropSome(matching.labels);
}

/**
 * One-to-one, or many-to-one with `group_left` and `group_right`: the side that may have many series to a match is `many`.
 * The errors are Loki's (pkg/logql/evaluator.go, vectorBinop).
 */
function matchTables(op: BinaryOp, left: Table, right: Table, bool: boolean, matching: VectorMatching | undefined, choose: LabelChoice): Table {
  const { steps } = left;
  const group = matching?.group;
  const [many, one] = group?.side === 'right' ? [right, left] : [left, right];
  const merge = merger(op, bool);
  const ones = new Map(groupRows(one.rows, choose).map(({ labels, rows }) => [labelsKey(labels), singleRow(rows, group?.side === 'right' ? 'left' : 'right')]));
  const results: Row[] = [];
  for (const match of groupRows(many.rows, choose)) {
    const partner = ones.get(labelsKey(match.labels)) ?? [];
    const made = new Map<string, MatchedRow>();
    for (const row of match.rows) {
      for (const source of partner) {
        const [left, right] = group?.side === 'right' ? [source, row] : [row, source];
        let result: MatchedRow | undefined;
        for (let step = 0; step < steps; step++) {
          if (row.present[step] === 1 && source.present[step] === 1) {
            result ??= matchedRow(made, results, resultLabels(row.labels, source.labels, matching), steps);
            markUsed(result, step, group !== undefined);
            mergeInto(result.row, step, merge(left.values[step], right.values[step]));
          }
        }
      }
    }
  }
  return { steps, rows: results.filter((row) => row.present.includes(1)) };
}

/** A row of the result, and the steps at which a pair made it. */
interface MatchedRow {
  row: Row;
  used: Uint8Array;
}

/** Numbers that one operator may make (series times steps), some nine bytes each. */
const madeMax = 4_000_000;

/** The row of a match with these labels, made when the first pair needs it: most pairs of series that are there now and then never meet. */
function matchedRow(made: Map<string, MatchedRow>, results: Row[], labels: Labels, steps: number): MatchedRow {
  const key = labelsKey(labels);
  let matched = made.get(key);
  if (!matched) {
    if ((results.length + 1) * steps > madeMax) {
      throw badRequest(`the operator would make more than ${madeMax} numbers: aggregate by fewer labels (sum by (..)), take fewer labels over with group_left or group_right, or use a larger step`);
    }
    matched = { row: emptyRow(labels, steps), used: new Uint8Array(steps) };
    made.set(key, matched);
    results.push(matched.row);
  }
  return matched;
}

/** One-to-one: a match may be used once at each step. Many-to-one: the resulting labels may appear once. */
function markUsed({ used }: MatchedRow, step: number, grouped: boolean): void {
  if (used[step] === 1) {
    throw badRequest(
      grouped ? 'multiple matches for labels: grouping labels must ensure unique matches' : 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
    );
  }
  used[step] = 1;
}

/** The rows of one match on the side that must be unique: several are fine as long as they are never there at the same step. */
function singleRow(rows: Row[], side: 'left' | 'right'): Row[] {
  if (rows.length > 1) {
    const steps = rows[0].present.length;
    for (let step = 0; step < steps; step++) {
      if (rows.filter((row) => row.present[step] === 1).length > 1) {
        throw badRequest(
          `found duplicate series on the ${side} hand-side;many-to-many matching not allowed: matching labels must be unique on one side`
        );
      }
    }
  }
  return rows;
}

function resultLabels(many: Labels, one: Labels, matching: VectorMatching | undefined): Labels {
  if (!matching) {
    return many;
  }
  if (!matching.group) {
    return matchingLabels(matching)(many);
  }
  return withLabels(many, new Map(matching.group.include.map((name) => [name, one.get(name) ?? ''])));
}

const setOps: Record<SetOp, (left: Table, right: Table, choose: LabelChoice) => Table> = {
  and: (left, right, choose) => filterByMatch(left, right, choose, (there) => there),
  unless: (left, right, choose) => filterByMatch(left, right, choose, (there) => !there),
  or: (left, right, choose) => ({
    steps: left.steps,
    rows: [...left.rows, ...filterByMatch(right, left, choose, (there) => !there).rows],
  }),
};

/** The rows of `table` at the steps where `other` has (or has not) a series with equal matching labels. */
function filterByMatch(table: Table, other: Table, choose: LabelChoice, wanted: (there: boolean) => boolean): Table {
  const there = new Map<string, Uint8Array>();
  for (const { labels, rows } of groupRows(other.rows, choose)) {
    const any = new Uint8Array(other.steps);
    rows.forEach((row) => row.present.forEach((here, step) => (any[step] |= here)));
    there.set(labelsKey(labels), any);
  }
  const rows = table.rows.map((row) => {
    const match = there.get(labelsKey(choose(row.labels)));
    return narrowed(
      row,
      row.present.map((here, step) => (here === 1 && wanted(match?.[step] === 1) ? 1 : 0))
    );
  });
  return { steps: table.steps, rows: rows.filter((row) => row !== undefined) };
}
