const kept: unknown[] = [];

/**
 * Keeps one object of a class alive for good. V8 forgets the shape (hidden class) of objects of which none lives at a full collection, and
 * throws away all code that was compiled for that shape; what is made anew for each push would so be compiled again after each. It has to be
 * made as all others are, with the same fields in the same order.
 */
export function keepShape(object: unknown): void {
  kept.push(object);
}
