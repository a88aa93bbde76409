/** Lets everything else that waits run first. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Longest stretch of work without letting others in: a halt has to reach the data planes within a second. */
const STRETCH_MS = 20;

/** Runs work that is cut into steps, and lets others in between them. */
export async function runInSteps<T>(steps: Generator<void, T>): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < STRETCH_MS) continue;
    await yieldToEventLoop();
    since = performance.now();
  }
}

/** For work that waits for others in between: lets the rest in when it has gone on for long without doing so. */
export function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < STRETCH_MS) return;
    await yieldToEventLoop();
    since = performance.now();
  };
}

/** What the promise gives, or `undefined` when it takes longer than this. It goes on all the same. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
