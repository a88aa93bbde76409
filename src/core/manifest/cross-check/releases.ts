import type { ClusterId } from '../../model/ids.ts';
import { trusted } from '../../model/ids.ts';
import type { DocumentPlace } from '../../model/problem.ts';
import type { Instant } from '../../model/time.ts';
import { suggest } from '../did-you-mean.ts';
import type { Cluster, Release } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import { checkSelector, checkVersion } from './entries.ts';
import { checkReference, type Known } from './known.ts';
import type { ClusterProblem, Placement } from './placement.ts';

export function checkReleases(known: Known, placement: Placement, now: Instant): readonly UnlocatedProblem[] {
  return [...known.releases.values()].flatMap((release) => {
    const { spec } = release.value;
    const product = known.products.get(spec.product)?.value;
    return [
      ...checkReference(known, 'Product', spec.product, placeIn(release, 'spec', 'product')),
      ...checkReference(known, 'Strategy', spec.strategy, placeIn(release, 'spec', 'strategy')),
      ...checkSelector(release, ['spec', 'select'], spec.select),
      ...(product === undefined ? [] : checkVersion(release, ['spec', 'version'], { product, version: spec.version, rolledOut: true })),
      ...checkExceptions(release, known, placement, now),
      ...checkWaiver(release, now),
    ];
  });
}

function checkWaiver(release: Located<Release>, now: Instant): readonly UnlocatedProblem[] {
  const expires = release.value.spec.canaryWaiver?.expires;
  if (expires === undefined || Date.parse(expires) > now) return [];
  const message = `the canary waiver expired at ${expires}, and holds until it is removed`;
  const place = placeIn(release, 'spec', 'canaryWaiver', 'expires');
  return [problemOf('canary-waiver-expired', place, message, 'remove it, or give it a later date')];
}

function checkExceptions(release: Located<Release>, known: Known, placement: Placement, now: Instant): readonly UnlocatedProblem[] {
  const seen = new Set<string>();
  const product = known.products.get(release.value.spec.product)?.value;
  return (release.value.spec.exceptions ?? []).flatMap((exception, at) => {
    const path = ['spec', 'exceptions', at];
    const expired = Date.parse(exception.expires) <= now;
    const problems: UnlocatedProblem[] = [];
    if (expired) {
      const message = `this exception expired at ${exception.expires}, and holds until it is removed`;
      problems.push(problemOf('exception-expired', placeIn(release, ...path, 'expires'), message, 'remove it, or give it a later date'));
    }
    if (product !== undefined) {
      problems.push(...checkVersion(release, [...path, 'version'], { product, version: exception.version, rolledOut: false }));
    }
    const named = exception.clusters.map((name, index) => ({ name, place: placeIn(release, ...path, 'clusters', index) }));
    const twice = named.filter(({ name }) => seen.has(name));
    const once = named.filter(({ name }) => !seen.has(name));
    for (const { name } of once) seen.add(name);
    return [
      ...problems,
      ...twice.map(({ name, place }) =>
        problemOf('exception-twice', place, `\`${name}\` is in another exception of this release`, 'keep one'),
      ),
      ...checkNamed(release, once, known, placement),
    ];
  });
}

function checkNamed(
  release: Located<Release>,
  named: readonly { readonly name: string; readonly place: DocumentPlace }[],
  known: Known,
  placement: Placement,
): readonly UnlocatedProblem[] {
  return named.flatMap(({ name, place }) => {
    const cluster = trusted.cluster(name);
    if (!placement.clusters.has(cluster)) {
      if (known.failures.excuses('Cluster', name)) return [];
      return [
        problemOf(
          'unknown-cluster',
          place,
          `no Cluster is named \`${name}\``,
          suggest(name, placement.clusters, 'remove it, or correct the name'),
        ),
      ];
    }
    const selecting = placement.releaseOf.get(cluster);
    if (selecting === undefined || selecting === release.value.metadata.name) return [];
    const message = `\`${name}\` is selected by release ${selecting}, and not by this one`;
    return [problemOf('exception-not-selected', place, message, `move it to release ${selecting}, or remove it`)];
  });
}

/** Pins and opt-outs; looked at each time, because a date passes without a commit. */
export function checkAttended(attended: ReadonlyMap<ClusterId, Located<Cluster>>, known: Known, now: Instant): readonly ClusterProblem[] {
  return [...attended].flatMap(([cluster, document]) =>
    [...checkPin(document, known, now), ...checkOptOut(document, now)].map((problem) => ({ cluster, problem })),
  );
}

function checkPin(document: Located<Cluster>, known: Known, now: Instant): readonly UnlocatedProblem[] {
  const { pin, product } = document.value.spec;
  if (pin === undefined) return [];
  const owner = known.products.get(product)?.value;
  const version =
    owner === undefined
      ? []
      : checkVersion(document, ['spec', 'pin', 'version'], { product: owner, version: pin.version, rolledOut: false });
  if (Date.parse(pin.expires) > now) return version;
  const message = `the pin at ${pin.version} expired at ${pin.expires}, and holds until it is removed`;
  const hint = 'remove the pin, or give it a later date';
  return [problemOf('pin-expired', placeIn(document, 'spec', 'pin', 'expires'), message, hint), ...version];
}

function checkOptOut(document: Located<Cluster>, now: Instant): readonly UnlocatedProblem[] {
  const expires = document.value.spec.optOut?.expires;
  if (expires === undefined || Date.parse(expires) > now) return [];
  const message = `the opt-out expired at ${expires}, and holds until it is removed`;
  return [problemOf('opt-out-expired', placeIn(document, 'spec', 'optOut', 'expires'), message, 'remove it, or give it a later date')];
}
