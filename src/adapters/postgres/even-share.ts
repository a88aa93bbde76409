/**
 * How many of the fleets a replica should hold: as many as any other, and the remainder one each to those that are there for
 * longest, so that a newcomer moves no more fleets than it must.
 *
 * @param replicas - ids of those that live, oldest first.
 */
export function evenShare(fleets: number, replicas: readonly string[], own: string): number {
  const rank = replicas.indexOf(own);
  if (rank < 0) return 0;
  const each = Math.floor(fleets / replicas.length);
  return rank < fleets % replicas.length ? each + 1 : each;
}
