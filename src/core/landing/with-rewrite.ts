import { auditLine, BOT, type FleetChange } from '../change/fleet-change.ts';
import type { Rewrite } from '../change/rewrite.ts';
import { makeStop } from '../stop/make-stop.ts';
import type { Stop } from '../stop/stop.ts';

/**
 * Adds to the change that a new head makes what goes with a rewritten history: a person is told, and where the branch shares
 * nothing with the one we know, or nobody can tell, nothing moves until a person lifts the stop. Also where its manifests are broken: the commit that
 * fixes them looks like any other.
 */
export function withRewrite(change: FleetChange, rewrite: Omit<Rewrite, 'stop'>): FleetChange {
  const stops = NEEDS_PERSON.has(rewrite.how) ? [stopOf(rewrite)] : [];
  const [stop] = stops;
  return {
    ...change,
    ...(stop === undefined ? {} : { stops: [...(change.stops ?? []), stop] }),
    audit: [
      auditLine('desired', rewrite.commit, `history was rewritten: ${rewrite.before} was seen last, and is not in it`),
      ...change.audit,
      ...stops.map(({ id, reason }) => ({ ...auditLine('stop', id, reason), to: 'set' })),
    ],
    followUps: [...change.followUps, { kind: 'report-rewrite', rewrite: { ...rewrite, stop: stop?.id } }, { kind: 'tick' }],
  };
}

/** It may be the history of another repository. */
const NEEDS_PERSON: ReadonlySet<Rewrite['how']> = new Set(['unrelated', 'lost']);

/** Set once for each time that the branch was replaced, so that one that a person has lifted says nothing of the next. */
function stopOf({ how, before, commit, at }: Omit<Rewrite, 'stop'>): Stop {
  const head = `the default branch at ${commit.slice(0, 12)}`;
  const reason =
    how === 'lost'
      ? `${head} cannot be compared with ${before.slice(0, 12)}, which was seen before it and is gone`
      : `${head} shares no commit with ${before.slice(0, 12)}, which was seen before it`;
  return makeStop({ scope: { kind: 'fleet' }, cause: 'unrelated-history', lets: 'nothing', by: BOT, reason, at }, [
    before,
    commit,
    String(at),
  ]);
}
