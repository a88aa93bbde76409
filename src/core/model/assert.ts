/** Our own code broke a promise. Never thrown for bad input: that is a `Problem`. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** @throws InvariantError when the condition does not hold. */
export function invariant(condition: unknown, promise: string): asserts condition {
  if (!condition) throw new InvariantError(promise);
}

/** Makes a missing case of a union a compile error. @throws InvariantError when reached anyway. */
export function assertNever(value: never, where: string): never {
  throw new InvariantError(`${where}: unexpected ${JSON.stringify(value)}`);
}
