import { provenAt } from '../ledger/record.ts';
import { nameList } from '../model/name-list.ts';
import type { Move } from './find-moves.ts';
import type { Risk } from './plan.ts';

/** What earlier rollouts left, and what nobody knows. */
export function leftBehindRisks(moves: readonly Move[]): readonly Risk[] {
  const halfWay = moves.filter(isHalfWay).map(({ to, order }) => `${to.cluster} (ordered to ${order?.spec.version})`);
  const home = moves.filter(({ change }) => change === 'bring-home').map(({ to }) => to.cluster);
  const unseen = moves.filter(({ change }) => change === 'create').map(({ to }) => to.cluster);
  const list = (names: string[]): string => nameList(names.sort());
  return [
    ...risk('half-way', halfWay, () => `Half-way: an earlier rollout ordered these, and they are not proven there: ${list(halfWay)}`),
    ...risk('brings-home', home, () => `Also brings home ${counted(home.length)} that earlier rollouts did not reach: ${list(home)}`),
    ...risk('unseen', unseen, () => `Nothing is known to run at ${list(unseen)}: taken for new`),
  ];
}

/** Ordered somewhere else than it was proven, by a rollout that did not end well there. */
const isHalfWay = ({ order, entry }: Move): boolean => order !== undefined && order.revision !== provenAt(entry)?.revision;

const risk = (code: Risk['code'], found: readonly unknown[], words: () => string): readonly Risk[] =>
  found.length === 0 ? [] : [{ code, words: words() }];

const counted = (count: number): string => (count === 1 ? '1 cluster' : `${count} clusters`);
