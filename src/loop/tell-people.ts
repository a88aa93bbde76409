/**
 * Tells people, each time in a comment of its own, of what waits for them: once for each pause, approval and end, however often this runs
 * and wherever it is cut off. What is over before it could be written is not told.
 */
import { isTold, type Notice, noticeMarker, noticesOf } from '../core/report/notice.ts';
import type { FleetRecord, Projection } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import { projectComment } from './project.ts';
import { commentKey, noticeKey } from './projection-keys.ts';
import { loadRecords } from './records.ts';
import { type CommitReport, commitReport } from './rollouts-now.ts';

type TellingLoop = LoopWith<'store' | 'clock' | 'host'>;

/** @throws PortError */
export async function tellPeople(loop: TellingLoop, fleet: FleetRecord, report: CommitReport, pull: number): Promise<void> {
  for (const notice of await noticesNow(loop, fleet, report, pull)) await tellOnce(loop, fleet, report, pull, notice);
}

async function noticesNow(loop: TellingLoop, fleet: FleetRecord, report: CommitReport, pull: number): Promise<readonly Notice[]> {
  const { store } = loop.ports;
  const { policy, desired } = await loadRecords(loop, fleet);
  if (policy === undefined) return [];
  const written = (await store.projection(fleet.id, commentKey(pull)))?.remoteId;
  return noticesOf(report.view, { policy, desired, owner: fleet.owner, change: report.change, report: written });
}

async function tellOnce(loop: TellingLoop, fleet: FleetRecord, report: CommitReport, pull: number, notice: Notice): Promise<void> {
  const { store } = loop.ports;
  const { key, family, wrong, body } = notice;
  const before = await store.projections(fleet.id, noticeKey(family));
  const told = before
    .filter(({ remoteId }) => remoteId !== undefined)
    .map((one) => ({ key: one.key.slice(noticeKey('').length), wrong: wrongOf(one) }));
  if (isTold(notice, told)) return;
  const isOver = async () => {
    const now = await commitReport(loop, (await store.fleet(fleet.id)) ?? fleet, report.view.commit);
    return now === undefined || !(await noticesNow(loop, fleet, now, pull)).some((one) => one.key === key);
  };
  const comment = { pull, body, marker: noticeMarker(key), memo: { wrong: wrong.slice(0, WRONG_MAX).join(' ') } };
  await projectComment(loop, fleet, noticeKey(key), comment, { isOver });
}

/** Names of clusters have no spaces. With more than so many it is told once more. */
const WRONG_MAX = 300;
const wrongOf = ({ memo }: Projection): readonly string[] => (memo['wrong'] ?? '').split(' ');
