import { setTimeout as sleep } from 'node:timers/promises';

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 10_000;
/** The server says something at least every 15 s; after this long without a word the connection is dead. */
const SILENCE_MS_MAX = 40_000;
/** One event is one observation; more than this without an end is not ours. */
const EVENT_CHARACTERS_MAX = 16 * 1024 * 1024;

/**
 * Reads server-sent events until aborted, and comes back after each end with growing, jittered waits. From the
 * second connection on it asks for everything, because changes may have been missed meanwhile.
 */
export async function watchEvents(url: string, onData: (data: unknown) => void, signal: AbortSignal): Promise<void> {
  let resync = false;
  let waitMs = BACKOFF_MS_MIN;
  while (!signal.aborted) {
    const connected = await readOnce(resync ? `${url}?resync=true` : url, onData, signal);
    waitMs = connected ? BACKOFF_MS_MIN : Math.min(waitMs * 2, BACKOFF_MS_MAX);
    resync = true;
    // Half of the wait is by chance, so that many watchers do not come back at one instant.
    await sleep(waitMs / 2 + (Math.random() * waitMs) / 2, undefined, { signal }).catch(() => undefined);
  }
}

/** @returns true when the server was there. Never rejects: why the connection ended makes no difference. */
async function readOnce(url: string, onData: (data: unknown) => void, signal: AbortSignal): Promise<boolean> {
  const silence = new AbortController();
  const deadline = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]), headers: { accept: 'text/event-stream' } });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return false;
    }
    try {
      await readEvents(response.body, onData, () => deadline.refresh());
    } catch {
      // The server went away in the middle, or we were told to stop.
    }
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(deadline);
  }
}

async function readEvents(body: ReadableStream<Uint8Array>, onData: (data: unknown) => void, onBytes: () => void): Promise<void> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    onBytes();
    const events = (rest + chunk).split('\n\n');
    rest = events.pop() ?? '';
    if (rest.length > EVENT_CHARACTERS_MAX) throw new Error('an event without end');
    for (const event of events) if (event.startsWith('data: ')) tell(event.slice('data: '.length), onData);
  }
}

/** An event that is not JSON says nothing, and costs no connection. */
function tell(text: string, onData: (data: unknown) => void): void {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return;
  }
  onData(data);
}
