import type { Grouping, VectorFunction } from '../../../src/logql/ast';
import { compareLabels } from '../../model/labels';
import { chooseBy } from '../grouping';
import { emptyRow, groupRows, narrowed, type Row, type Table } from './table';

/** The vector aggregations. Formulas: Loki 3.4, pkg/logql/evaluator.go (VectorAggEvaluator). */
export function aggregate(fn: VectorFunction, parameter: number, grouping: Grouping | undefined, table: Table): Table {
  return vectorOps[fn](table, grouping, parameter);
}

type VectorOp = (table: Table, grouping: Grouping | undefined, parameter: number) => Table;

const vectorOps: Record<VectorFunction, VectorOp> = {
  sum: reduceBy(() => {
    let sum = 0;
    return { start: (value) => (sum = value), next: (value) => (sum += value), end: () => sum };
  }),
  avg: reduceBy(() => {
    let mean = 0;
    let count = 0;
    return {
      start: (value) => {
        mean = value;
        count = 1;
      },
      next: (value) => {
        count++;
        mean += (value - mean) / count;
      },
      end: () => mean,
    };
  }),
  min: reduceBy(() => pick((kept, value) => kept > value)),
  max: reduceBy(() => pick((kept, value) => kept < value)),
  count: reduceBy(() => {
    let count = 0;
    return { start: () => (count = 1), next: () => count++, end: () => count };
  }),
  stdvar: reduceBy(() => variance((value) => value)),
  stddev: reduceBy(() => variance(Math.sqrt)),
  topk: (table, grouping, k) => selectBy(table, grouping, k, (a, b) => b - a),
  bottomk: (table, grouping, k) => selectBy(table, grouping, k, (a, b) => a - b),
  // Loki estimates these; here the answer is exact.
  approx_topk: (table, grouping, k) => selectBy(table, grouping, k, (a, b) => b - a),
  sort: (table) => sortRows(table, (a, b) => a - b),
  sort_desc: (table) => sortRows(table, (a, b) => b - a),
};

/** The running value of a group at one step. */
interface Reducer {
  start(value: number): void;
  next(value: number): void;
  end(): number;
}

function pick(replaces: (kept: number, value: number) => boolean): Reducer {
  let kept = 0;
  return {
    start: (value) => (kept = value),
    next: (value) => {
      if (replaces(kept, value) || Number.isNaN(kept)) {
        kept = value;
      }
    },
    end: () => kept,
  };
}

/** Welford's running variance of the population. */
function variance(result: (variance: number) => number): Reducer {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    start: (value) => {
      count = 1;
      mean = value;
      squares = 0;
    },
    next: (value) => {
      count++;
      const delta = value - mean;
      mean += delta / count;
      squares += delta * (value - mean);
    },
    end: () => result(squares / count),
  };
}

/** One row for each group; without a grouping all rows are one group without labels. */
function reduceBy(make: () => Reducer): VectorOp {
  const reducer = make();
  return ({ steps, rows }, grouping) => {
    const choose = chooseBy(grouping ?? { without: false, labels: [] });
    const reduced = groupRows(rows, choose).map((group) => {
      const row = emptyRow(group.labels, steps);
      for (let step = 0; step < steps; step++) {
        let any = false;
        for (const { values, present } of group.rows) {
          if (present[step] === 1) {
            if (any) {
              reducer.next(values[step]);
            } else {
              reducer.start(values[step]);
            }
            any = true;
          }
        }
        if (any) {
          row.values[step] = reducer.end();
          row.present[step] = 1;
        }
      }
      return row;
    });
    return { steps, rows: reduced };
  };
}

/** At each step the first `k` rows of each group, with all their labels. NaN comes last, ties go by the labels. */
function selectBy({ steps, rows }: Table, grouping: Grouping | undefined, k: number, order: (a: number, b: number) => number): Table {
  if (k < 1) {
    return { steps, rows: [] };
  }
  const selected = new Map(rows.map((row) => [row, new Uint8Array(steps)]));
  for (const group of groupRows(rows, chooseBy(grouping ?? { without: false, labels: [] }))) {
    const members = [...group.rows].sort((a, b) => compareLabels(a.labels, b.labels));
    for (let step = 0; step < steps; step++) {
      for (const row of firstRows(members, step, k, orderAt(step, order))) {
        selected.get(row)![step] = 1;
      }
    }
  }
  const kept = rows.map((row) => narrowed(row, selected.get(row)!)).filter((row) => row !== undefined);
  return sortRows({ steps, rows: kept }, order);
}

/** The `k` rows that come first at a step, by insertion into a short list: most rows are refused by one comparison. */
function firstRows(rows: Row[], step: number, k: number, order: (a: Row, b: Row) => number): Row[] {
  const first: Row[] = [];
  for (const row of rows) {
    if (row.present[step] === 0 || (first.length === k && order(row, first[k - 1]) >= 0)) {
      continue;
    }
    let at = first.length === k ? k - 1 : first.length;
    for (; at > 0 && order(row, first[at - 1]) < 0; at--) {
      first[at] = first[at - 1];
    }
    first[at] = row;
  }
  return first;
}

function orderAt(step: number, order: (a: number, b: number) => number): (a: Row, b: Row) => number {
  return (a, b) => {
    const [left, right] = [a.values[step], b.values[step]];
    if (Number.isNaN(left) || Number.isNaN(right)) {
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    }
    return left === right ? 0 : order(left, right); // equal infinities have no difference
  };
}

/** Only an instant answer has an order of its series; a range answer goes by the labels. */
function sortRows(table: Table, order: (a: number, b: number) => number): Table {
  if (table.steps !== 1) {
    return table;
  }
  const present = table.rows.filter((row) => row.present[0] === 1);
  return { steps: 1, rows: present.sort((a, b) => orderAt(0, order)(a, b) || compareLabels(a.labels, b.labels)) };
}
