import type { Json } from '../json.ts';
import type { World } from '../world.ts';
import type { Call } from './route.ts';

export interface Page {
  readonly number: number;
  readonly size: number;
  readonly offset: number;
}

const PAGE_SIZE = 30;
const PAGE_SIZE_MAX = 100;

/** As GitHub reads them: what makes no sense is the default, and more than 100 is 100. */
export function pageOf(call: Pick<Call, 'url'>): Page {
  const read = (name: string, otherwise: number): number => {
    const value = Number(call.url.searchParams.get(name) ?? otherwise);
    return Number.isSafeInteger(value) && value >= 1 ? value : otherwise;
  };
  const size = Math.min(PAGE_SIZE_MAX, read('per_page', PAGE_SIZE));
  const number = read('page', 1);
  return { number, size, offset: (number - 1) * size };
}

/** The `Link` header that leads to the other pages; no header when there is only one. */
export function linkHeaders(
  call: Pick<Call, 'url'> & { readonly world: World },
  page: Page,
  total: number,
): Readonly<Record<string, string>> {
  const last = Math.max(1, Math.ceil(total / page.size));
  const to = (number: number, relation: string): string => {
    const query = new URLSearchParams(call.url.searchParams);
    query.set('page', String(number));
    return `<${call.world.urls.base}${call.url.pathname}?${query.toString()}>; rel="${relation}"`;
  };
  const links: string[] = [];
  if (page.number > 1) links.push(to(Math.min(page.number - 1, last), 'prev'));
  if (page.number < last) links.push(to(page.number + 1, 'next'), to(last, 'last'));
  if (page.number > 1) links.push(to(1, 'first'));
  return links.length === 0 ? {} : { link: links.join(', ') };
}

/** One page of a list that is in memory; `shape` is called only for what is shown. */
export function paged<Item>(
  call: Pick<Call, 'url'> & { readonly world: World },
  items: readonly Item[],
  shape: (item: Item) => Json,
): { readonly items: readonly Json[]; readonly headers: Readonly<Record<string, string>> } {
  const page = pageOf(call);
  const shown = items.slice(page.offset, page.offset + page.size);
  return { items: shown.map(shape), headers: linkHeaders(call, page, items.length) };
}
