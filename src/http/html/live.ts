import { createHash } from 'node:crypto';
import { type Html, trusted } from './html.ts';

/**
 * Keeps the regions marked `data-live` fresh while something is pending, without touching what a person is typing.
 *
 * A reload of the page would empty a half-written comment, so only regions that do not hold the focus are replaced,
 * and opened details stay open. It stops when the page it fetches no longer carries the script. Pages work without it.
 */
const SOURCE = `(() => {
  const everyMs = Number(document.currentScript.dataset.seconds) * 1000;
  const seen = new Map();
  const openDetails = (region) => [...region.querySelectorAll('details')].map((details) => details.open);
  const replace = (region, fresh) => {
    if (region.contains(document.activeElement) || seen.get(region.id) === fresh.innerHTML) return;
    const open = openDetails(region);
    seen.set(region.id, fresh.innerHTML);
    region.innerHTML = fresh.innerHTML;
    region.querySelectorAll('details').forEach((details, index) => { if (open[index] !== undefined) details.open = open[index]; });
  };
  const look = async () => {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!answer.ok) return true;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const region of document.querySelectorAll('[data-live]')) {
      const fresh = page.getElementById(region.id);
      if (fresh !== null) replace(region, fresh);
    }
    return page.querySelector('script[data-seconds]') !== null;
  };
  const again = () => setTimeout(async () => {
    const more = document.hidden || (await look().catch(() => true));
    if (more) again();
  }, everyMs);
  again();
})();`;

/** For the content security policy: this script and no other may run. */
export const liveScriptHash = `'sha256-${createHash('sha256').update(SOURCE).digest('base64')}'`;

/** @param seconds - whole seconds between two looks. */
export function liveScript(seconds: number): Html {
  return trusted(`<script data-seconds="${Math.max(1, Math.floor(seconds))}">${SOURCE}</script>`);
}
