import { type Call, changes, FAULT_KINDS, type Fault, type FaultKind } from './calls.ts';
import { play } from './play.ts';
import type { Story } from './stories.ts';
import type { FailureName } from './witness.ts';

/** A fault, and what it comes to: two with one outcome leave the same world to the next process, and are played once. */
interface Point {
  readonly fault: Fault;
  readonly outcome: string;
}

/** What was found at one fault, or pair of them. */
export interface Finding {
  readonly name: FailureName;
  readonly words: string;
  readonly faults: string;
}

export interface Report {
  /** Faults, or pairs, that there are. */
  readonly points: number;
  /** Those that differ in what they leave behind. */
  readonly distinct: number;
  readonly played: number;
  readonly findings: readonly Finding[];
}

export interface Limits {
  /** Ends at the first finding. */
  readonly stopsAtFirst?: boolean;
  /** Plays every so many of the pairs that differ, from the first one on. */
  readonly everyNth?: number;
}

/** One thing goes wrong in the play: every kind of fault at every call. */
export async function playSingles(story: Story, { stopsAtFirst = false }: Limits = {}): Promise<Report> {
  const base = await play(story);
  const findings: Finding[] = base.failures.map((failure) => ({ ...failure, faults: 'nothing' }));
  const points = base.calls.flatMap((call) => pointsAt(call, FAULT_KINDS));
  const different = distinctOf(points);
  let played = 0;
  for (const { fault } of different) {
    if (stopsAtFirst && findings.length > 0) break;
    played += 1;
    findings.push(...(await findingsOf(story, base.calls, [fault])).findings);
  }
  return { points: points.length, distinct: different.length, played, findings };
}

/** Crashes, and answers that are lost. */
const PAIRED: readonly FaultKind[] = ['dies-before', 'dies-after', 'unanswered'];

/** Two things go wrong: at every call, and at every call of what comes after that. */
export async function playPairs(story: Story, { stopsAtFirst = false, everyNth = 1 }: Limits = {}): Promise<Report> {
  const base = await play(story);
  const findings: Finding[] = [];
  const firsts = distinctOf(base.calls.flatMap((call) => pointsAt(call, PAIRED)));
  const weights = countByOutcome(base.calls.flatMap((call) => pointsAt(call, PAIRED)));
  let [points, distinct, played] = [0, 0, 0];
  for (const first of firsts) {
    const { calls } = await play(story, [first.fault]);
    const later = calls.filter(({ number }) => number > first.fault.at).flatMap((call) => pointsAt(call, PAIRED));
    const seconds = distinctOf(later);
    points += later.length * (weights.get(first.outcome) ?? 1);
    for (const second of seconds) {
      distinct += 1;
      if (distinct % everyNth !== 0) continue;
      if (stopsAtFirst && findings.length > 0) return { points, distinct, played, findings };
      played += 1;
      findings.push(...(await findingsOf(story, calls, [first.fault, second.fault])).findings);
    }
  }
  return { points, distinct, played, findings };
}

async function findingsOf(
  story: Story,
  calls: readonly Call[],
  faults: readonly Fault[],
): Promise<{ readonly findings: readonly Finding[] }> {
  const { failures } = await play(story, faults);
  const words = faults.map(({ at, kind }) => `${kind} ${calls[at - 1]?.name} (call ${at})`).join(', then ');
  return { findings: failures.map((failure) => ({ ...failure, faults: words })) };
}

/** A call that changes nothing can only be answered or not. The queue is told that a job is done, or the process is not there any more. */
function pointsAt(call: Call, kinds: readonly FaultKind[]): readonly Point[] {
  const { name } = call;
  const possible = kinds.filter((kind) => !name.startsWith('queue.') || kind.startsWith('dies'));
  return possible.map((kind) => ({ fault: { at: call.number, kind }, outcome: outcomeOf(call, kind) }));
}

function outcomeOf({ number, name, changesBefore }: Call, kind: FaultKind): string {
  switch (kind) {
    case 'dies-before':
      return `dies at ${changesBefore}`;
    case 'dies-after':
      return `dies at ${changesBefore + (changes(name) ? 1 : 0)}`;
    case 'fails':
      return `fails ${number}`;
    case 'unanswered':
      return changes(name) ? `unanswered ${number}` : `fails ${number}`;
    case 'overtaken':
      return `overtaken ${number}`;
  }
}

const distinctOf = (points: readonly Point[]): readonly Point[] =>
  [...new Map(points.toReversed().map((point) => [point.outcome, point])).values()].toReversed();

function countByOutcome(points: readonly Point[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome } of points) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return counts;
}
