import { notFound, okay, Refusal } from '../http/answer.ts';
import type { Call, PlainRoute } from '../http/route.ts';
import { isoTime, type JsonObject } from '../json.ts';
import type { DeliveryRow } from '../store/rows.ts';
import type { World } from '../world.ts';

/** The log of webhook deliveries, and the one way to have one sent again. */
export const deliveryRoutes: readonly PlainRoute[] = [
  { method: 'GET', path: '/app/hook/deliveries', access: 'app', handle: (call) => listDeliveries(call) },
  {
    method: 'GET',
    path: '/app/hook/deliveries/:delivery',
    access: 'app',
    handle: (call) => okay(deliveryShape(sentDelivery(call))),
  },
  {
    method: 'POST',
    path: '/app/hook/deliveries/:delivery/attempts',
    access: 'app',
    handle: (call) => {
      redeliver(call.world, sentDelivery(call));
      return { status: 202, body: {} };
    },
  },
];

/** Queues the same payload again, under the same GUID. */
export function redeliver(world: World, delivery: DeliveryRow): void {
  const { guid, event, action, installation_id, repository_id, payload } = delivery;
  world.store.deliveries.add({ guid, event, action, redelivery: 1, installation_id, repository_id, payload }, world.now());
  world.deliveries.wake();
}

function sentDelivery(call: Call): DeliveryRow {
  const row = call.world.store.deliveries.byId(Number(call.params['delivery']));
  if (row === undefined || row.stage !== 'done') throw notFound();
  return row;
}

const PAGE_SIZE = 30;
const PAGE_SIZE_MAX = 100;
/** The cursor of a page is the id that it stays below, with a letter before it so that nobody takes it for a number. */
const CURSOR = /^v1_(\d{1,15})$/;

function listDeliveries(call: Call): ReturnType<typeof okay> {
  const query = call.url.searchParams;
  const cursor = query.get('cursor');
  const found = cursor === null ? null : CURSOR.exec(cursor);
  if (cursor !== null && found === null) throw new Refusal(422, 'Invalid cursor');
  const wanted = Number(query.get('per_page') ?? PAGE_SIZE);
  const size = Number.isSafeInteger(wanted) && wanted >= 1 ? Math.min(wanted, PAGE_SIZE_MAX) : PAGE_SIZE;
  const status = query.get('status');
  const failedOnly = status === 'failure' ? true : status === 'success' ? false : undefined;
  const rows = call.world.store.deliveries.sent(Number(found?.[1] ?? Number.MAX_SAFE_INTEGER), size + 1, failedOnly);
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  if (rows.length <= size || last === undefined) return okay(shown.map(deliveryItem));
  query.set('cursor', `v1_${last.id}`);
  query.set('per_page', String(size));
  return okay(shown.map(deliveryItem), { link: `<${call.world.urls.base}${call.url.pathname}?${query.toString()}>; rel="next"` });
}

function deliveryItem(row: DeliveryRow): JsonObject {
  return {
    id: row.id,
    guid: row.guid,
    delivered_at: isoTime(row.delivered_at),
    redelivery: row.redelivery === 1,
    duration: row.duration_s,
    status: row.status,
    status_code: row.status_code,
    event: row.event,
    action: row.action,
    installation_id: row.installation_id,
    repository_id: row.repository_id,
    throttled_at: null,
  };
}

function deliveryShape(row: DeliveryRow): JsonObject {
  return {
    ...deliveryItem(row),
    url: row.url ?? '',
    request: { headers: JSON.parse(row.request_headers), payload: JSON.parse(row.payload) },
    response: { headers: JSON.parse(row.response_headers), payload: row.response_body },
  };
}
