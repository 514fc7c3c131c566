import { becomesLabelPattern } from '../../text/labelName';
import type { RowReader } from './rowBinary';
import { quote } from './sql';

/** Adding up numbers of structured metadata, only where every server comes to the very sums that this process would. */

/** What one group of rows has of a number. */
export interface NumberSums {
  /** Entries that have the number. */
  entries: number;
  /** Of the text of their lines. */
  bytes: number;
  sum: number;
  /** Of the numbers without their signs: as long as it is exact, so is every sum of some of them. */
  size: number;
  min: number;
  max: number;
  /** Some value is no plain whole number, or metadata of another name may become the label: nothing of the above is right then. */
  odd: boolean;
}

/** Digits that a double holds whatever they are. */
const digitsMax = 15;
/** Below it doubles are exact whole numbers. */
export const exactBelow = 2 ** 53;

/**
 * Aggregates for the number, as `readNumber` reads them. Old servers read decimals inexactly, and a sum of decimals depends on their order, so only whole numbers
 * in their one usual form count: a text that a whole number prints again.
 */
export function numberSums(name: string): string[] {
  const value = `meta_v[indexOf(meta_k, ${quote(name)})]`;
  const number = `toInt64OrZero(${value})`;
  const plain = `(length(${value}) <= ${digitsMax} AND toString(${number}) = ${value})`;
  const others = `arrayExists(name -> name != ${quote(name)} AND match(name, ${quote(becomesLabelPattern(name))}), meta_k)`;
  return [
    `countIf(${value} != '')`, `sumIf(size, ${value} != '')`, `sumIf(toFloat64(${number}), ${plain})`, `sumIf(toFloat64(abs(${number})), ${plain})`,
    `minIf(${number}, ${plain})`, `maxIf(${number}, ${plain})`, `max(toUInt8(${others} OR (${value} != '' AND NOT ${plain})))`,
  ];
}

export const readNumber = (row: RowReader): NumberSums => ({
  entries: row.count(), bytes: row.count(), sum: row.f64(), size: row.f64(), min: row.i64Near(), max: row.i64Near(), odd: row.u8() === 1,
});
