import type { FleetModel, UnlocatedProblem } from '../manifest/model.ts';
import type { ClusterId } from '../model/ids.ts';
import { nameList } from '../model/name-list.ts';
import type { CanaryGap } from './canary.ts';
import type { Move } from './find-moves.ts';

/** Names that one message lists before it only counts. */
const NAMES_MAX = 10;

/** A cluster cannot become another kind of software: its data would be read by a program that does not know it. */
export function checkProducts(model: FleetModel, moves: readonly Move[]): readonly UnlocatedProblem[] {
  return moves.flatMap(({ to, before, entry }) => {
    const was = before?.spec.product ?? entry?.proven[0]?.spec.product ?? to.spec.product;
    const document = model.clusters.get(to.cluster);
    if (was === to.spec.product || document === undefined) return [];
    const { file, index } = document;
    return [
      {
        place: { file, index, path: ['spec', 'product'] },
        code: 'product-changed',
        severity: 'error' as const,
        message: `${to.cluster} is a ${was}, and cannot become a ${to.spec.product}`,
        hint: `put back product: ${was}, or describe the new cluster under a new name`,
      },
    ];
  });
}

/** Cohorts of a strategy without a rest phase may cover the whole fleet, and still miss some of a smaller change. */
export function unplacedProblem(model: FleetModel, release: string, clusters: readonly ClusterId[]): readonly UnlocatedProblem[] {
  const document = model.releases.get(release);
  if (clusters.length === 0 || document === undefined) return [];
  const { file, index, value } = document;
  const strategy = value.spec.strategy ?? model.fleet.value.spec.defaultStrategy;
  return [
    {
      place: { file, index, path: value.spec.strategy === undefined ? ['spec'] : ['spec', 'strategy'] },
      code: 'unplaced-change',
      severity: 'error',
      message: `strategy ${strategy} puts changed clusters in no phase, or in two: ${nameList([...clusters].sort(), NAMES_MAX)}`,
      hint: 'give the last phase of the strategy `rest: true`, and let no two phases select the same labels',
    },
  ];
}

/** New versions that would go straight to the clusters after the canaries. */
export function canaryProblems(model: FleetModel, release: string, gaps: readonly CanaryGap[]): readonly UnlocatedProblem[] {
  const document = model.releases.get(release);
  if (document === undefined) return [];
  return gaps.map(({ phase, versions, absent }) => ({
    place: { file: document.file, index: document.index, path: ['spec', 'version'] },
    code: 'empty-canary',
    severity: 'error',
    message:
      `no cluster of the canary phase ${phase} can try ${document.value.spec.product} ${versions.join(', ')}: ` +
      `${absent.length === 0 ? 'it has none' : `${nameList(absent, NAMES_MAX)} ${absent.length === 1 ? 'stays' : 'stay'} as ${absent.length === 1 ? 'it is' : 'they are'}`}`,
    hint: 'let one of them come along, or write into the Release why it may go without: `canaryWaiver: { reason: ..., expires: ... }`',
  }));
}
