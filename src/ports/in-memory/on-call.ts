/** `before`: nothing is done yet. `after`: it is done, and the caller has not learned of it. */
export type CallPhase = 'before' | 'after';

/**
 * Called around each call of a port, as `code-host.writeIssue`. What it throws, the caller gets: a crash of the process, or a
 * PortError. So every place can be enumerated at which an effect is lost, or done without anybody's learning of it.
 */
export type OnCall = (name: string, phase: CallPhase) => void | Promise<void>;

/** Does the work between both phases. @throws what the hook or the work throws. */
export async function called<T>(onCall: OnCall | undefined, name: string, work: () => T | Promise<T>): Promise<T> {
  await onCall?.(name, 'before');
  const result = await work();
  await onCall?.(name, 'after');
  return result;
}
