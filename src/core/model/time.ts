import { err, ok, type Result } from './result.ts';

declare const brand: unique symbol;
/** Milliseconds since the epoch, UTC. Comes from a port; the core never reads a clock. */
export type Instant = number & { readonly [brand]: 'Instant' };
export type DurationMs = number & { readonly [brand]: 'DurationMs' };

export const instant = (ms: number): Instant => ms as Instant;
export const durationMs = (ms: number): DurationMs => ms as DurationMs;

/** The earlier of two instants, where `undefined` is never. */
export function earliest(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a < b ? a : b;
}

const UNIT_MS: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** Reads `90s`, `10m`, `1h30m`, `2d`; the schema's pattern for durations. Largest unit first, each at most once. */
export function parseDuration(text: string): Result<DurationMs, string> {
  if (!/^(?=.)(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$/.test(text)) return err(`not a duration: ${JSON.stringify(text.slice(0, 40))}`);
  let total = 0;
  for (const part of text.matchAll(/(\d+)([dhms])/g)) total += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? 0);
  return ok(durationMs(total));
}

/** For durations that a schema has already checked. */
export function duration(text: string): DurationMs {
  const parsed = parseDuration(text);
  return parsed.ok ? parsed.value : durationMs(0);
}

/** `1h 30m`, `45s`, `0s`: at most two units, so that it can be read at a glance. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1_000));
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * seconds;
  }
  return parts.slice(0, 2).join(' ') || '0s';
}

/** `2026-11-21 06:30:05 UTC`. Date is used as arithmetic only: its argument is always given. */
export function formatInstant(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
