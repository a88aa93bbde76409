import { earliest, type Instant } from '../model/time.ts';
import type { Stop } from '../stop/stop.ts';
import type { Wait } from './decision.ts';

/** The hold that stops make; `undefined` when there are none. */
export function stoppedWait(stops: readonly Stop[]): Wait | undefined {
  const [first] = stops;
  if (first === undefined) return undefined;
  const until = stops.reduce<Instant | undefined>((soonest, stop) => earliest(soonest, stop.until), undefined);
  return { reason: { kind: 'stopped', stops: stops.map(({ id }) => id), words: first.reason }, until };
}
