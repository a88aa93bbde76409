import type { FleetModel, UnlocatedProblem } from '../manifest/model.ts';
import { checkJump } from '../manifest/upgrade-path.ts';
import type { ClusterId } from '../model/ids.ts';
import type { DocumentPlace } from '../model/problem.ts';
import type { TargetChange } from './plan-release.ts';

/** Names that one message lists before it only counts. */
const NAMES_MAX = 10;

/** Jumps of version that the product does not allow, one problem for each line that asks for one. */
export function checkJumps(model: FleetModel, changes: readonly TargetChange[]): readonly UnlocatedProblem[] {
  const groups = new Map<string, { place: DocumentPlace; message: string; hint: string; clusters: ClusterId[] }>();
  for (const change of changes) {
    if (change.kind !== 'updated' || change.from.spec.product !== change.to.spec.product) continue;
    const product = model.products.get(change.to.spec.product)?.value;
    const check = product && checkJump(product, change.from.spec.version, change.to.spec.version);
    const place = placeOfVersion(model, change);
    if (check === undefined || check.ok || place === undefined) continue;
    const key = JSON.stringify([place, check.message]);
    const group = groups.get(key) ?? { place, message: check.message, hint: check.hint, clusters: [] };
    group.clusters.push(change.to.cluster);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ place, message, hint, clusters }) => ({
    place,
    code: 'illegal-jump',
    severity: 'error',
    message: `${message}; it concerns ${nameClusters(clusters)}`,
    hint,
  }));
}

/** A cluster cannot become another kind of software: its data would be read by a program that does not know it. */
export function checkProducts(model: FleetModel, changes: readonly TargetChange[]): readonly UnlocatedProblem[] {
  return changes.flatMap((change) => {
    const document = model.clusters.get(change.to.cluster);
    if (change.kind !== 'updated' || change.from.spec.product === change.to.spec.product || document === undefined) return [];
    const { file, index } = document;
    return [
      {
        place: { file, index, path: ['spec', 'product'] },
        code: 'product-changed',
        severity: 'error' as const,
        message: `${change.to.cluster} is a ${change.from.spec.product}, and cannot become a ${change.to.spec.product}`,
        hint: `put back product: ${change.from.spec.product}, or describe the new cluster under a new name`,
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
      message: `strategy ${strategy} puts changed clusters in no phase, or in two: ${nameClusters(clusters)}`,
      hint: 'give the last phase of the strategy `rest: true`, and let no two phases select the same labels',
    },
  ];
}

/** Where the version that the cluster goes to was written: its pin, the exception, or the release. */
function placeOfVersion(model: FleetModel, { to }: TargetChange): DocumentPlace | undefined {
  const release = model.releases.get(to.release);
  if (to.heldAt?.by === 'pin') {
    const cluster = model.clusters.get(to.cluster);
    return cluster && { file: cluster.file, index: cluster.index, path: ['spec', 'pin', 'version'] };
  }
  if (release === undefined) return undefined;
  const { file, index, value } = release;
  const exception = to.heldAt && value.spec.exceptions?.findIndex(({ clusters }) => clusters.includes(to.cluster));
  const path = exception === undefined ? ['spec', 'version'] : ['spec', 'exceptions', exception, 'version'];
  return { file, index, path };
}

function nameClusters(clusters: readonly string[]): string {
  const named = [...clusters].sort().slice(0, NAMES_MAX).join(', ');
  const more = clusters.length - NAMES_MAX;
  return more > 0 ? `${named} and ${more} more` : named;
}
