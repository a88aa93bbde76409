import { type Decoder, decode, number, object, recordOf } from '../core/model/decode.ts';
import type { WebhookDelivery } from '../ports/code-host.ts';
import type { Ports } from '../ports/ports.ts';

/** Name of the cursor in the store. */
const CURSOR = 'deliveries';
/** GitHub keeps deliveries for three days. */
const DELIVERIES_MAX = 5_000;
/** Of one delivery, the first included: who answers with an error three times will not take it. */
const TRIES_MAX = 3;
/** Each is a write, of which GitHub wants one a second. The others are asked for next time. */
const REPLAYS_MAX = 50;
/** A bot that is new to a database asks for what it missed in this time, and not for the history of the app. */
const FIRST_LOOK_MS = 24 * 3_600_000;

interface Position {
  /** Everything up to this delivery was looked at. */
  readonly upTo: number;
  /** How often deliveries that still fail were sent, by their GUID. */
  readonly tries: Readonly<Record<string, number>>;
}

const position: Decoder<Position> = object({ upTo: number, tries: recordOf(number) });

/**
 * Has GitHub send again what it could not deliver: it does not do so by itself. Deliveries are known by their GUID, so one that came
 * after all, or comes twice, changes nothing; the cursor is stored after the requests, so a crash between them repeats some.
 *
 * @returns how many were asked for.
 * @throws PortError
 */
export async function replayDeliveries({ store, app, clock, log }: Pick<Ports, 'store' | 'app' | 'clock' | 'log'>): Promise<number> {
  const known = decode(position, await store.cursor(CURSOR));
  const before: Position | undefined = known.ok ? known.value : undefined;
  const since = clock.now() - FIRST_LOOK_MS;
  const sent = (await app.deliveries(before?.upTo ?? 0, DELIVERIES_MAX)).filter(({ at }) => before !== undefined || at >= since);
  const tries = new Map(Object.entries(before?.tries ?? {}));
  let upTo = before?.upTo ?? 0;
  let asked = 0;
  for (const { newest, count } of failedIn(sent)) {
    if (asked === REPLAYS_MAX) break;
    const total = (tries.get(newest.guid) ?? 0) + count;
    tries.delete(newest.guid);
    if (total < TRIES_MAX) {
      await app.redeliver(newest.id);
      tries.set(newest.guid, total);
      asked += 1;
    } else
      log.warn({ delivery: newest.guid, event: newest.event, status: newest.status }, 'a delivery failed again, and is left to the sweep');
    upTo = newest.id;
  }
  if (asked < REPLAYS_MAX) upTo = Math.max(upTo, ...sent.map(({ id }) => id));
  for (const { guid, delivered } of sent) if (delivered) tries.delete(guid);
  if (asked > 0) log.info({ deliveries: asked }, 'asked for deliveries that did not arrive');
  await store.saveCursor(CURSOR, { upTo, tries: Object.fromEntries([...tries].slice(-1_000)) });
  return asked;
}

/** Those of which no attempt arrived, with the newest attempt, oldest first. */
function failedIn(sent: readonly WebhookDelivery[]): readonly { readonly newest: WebhookDelivery; readonly count: number }[] {
  const byGuid = new Map<string, WebhookDelivery[]>();
  for (const delivery of sent) byGuid.set(delivery.guid, [...(byGuid.get(delivery.guid) ?? []), delivery]);
  return [...byGuid.values()]
    .filter((attempts) => !attempts.some(({ delivered }) => delivered))
    .flatMap((attempts) => {
      const newest = attempts.reduce((last, one) => (one.id > last.id ? one : last));
      return [{ newest, count: attempts.length }];
    })
    .sort((a, b) => a.newest.id - b.newest.id);
}
