import type { Value } from './values';

/** The Go types that parameters of template functions have. `any` takes everything. */
export type ParameterType = 'string' | 'int' | 'float64' | 'bool' | 'time.Time' | 'any';

/** What a function may need to know of the template that calls it. */
export interface CallContext {
  /** The line, and the instant in nanoseconds, of the entry the template runs on. */
  line: () => string;
  tsNs: () => bigint;
  /** Characters that a result may have. */
  lengthMax: number;
}

/**
 * A function of a template: what it takes and what it does. Values arrive checked against the types: a string, a GoInt for `int`, a
 * number, a boolean, a GoTime. It throws a CallError where Go's returns an error or panics.
 */
export interface TemplateFunction {
  parameters: readonly ParameterType[];
  /** The type of any number of further arguments. */
  variadic?: ParameterType;
  // The values are checked against `parameters` before the call, which the type system can't follow.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  call(values: any[], context: CallContext): Value;
}

export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

/** A function that takes texts only. */
export function ofStrings(count: number, call: (...values: string[]) => Value): TemplateFunction {
  return { parameters: new Array<ParameterType>(count).fill('string'), call: (values: string[]) => call(...values) };
}
