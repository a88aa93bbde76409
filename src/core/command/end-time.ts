import { err, ok, type Result } from '../model/result.ts';
import { type Instant, instant, parseDuration } from '../model/time.ts';

const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

/** When something ends that a person asks for: `until` an instant, or `for` so long from now. */
export function endOf(until: string | undefined, span: string | undefined, now: Instant): Result<Instant | undefined, string> {
  if (until !== undefined && span !== undefined) return err('say "until" or "for", not both');
  if (until !== undefined) {
    const at = ISO_INSTANT.test(until) ? Date.parse(until) : Number.NaN;
    return Number.isNaN(at) ? err('"until" is an instant with its time zone: 2026-11-21T18:00:00Z') : ok(instant(at));
  }
  if (span === undefined) return ok(undefined);
  const parsed = parseDuration(span);
  return parsed.ok ? ok(instant(now + parsed.value)) : err(`"for" is a duration like 4h or 1h30m; ${parsed.error}`);
}
