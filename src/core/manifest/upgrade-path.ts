import { compareVersions, type Version } from '../model/version.ts';
import type { Product } from './generated.ts';

export type JumpCheck = { readonly ok: true } | { readonly ok: false; readonly message: string; readonly hint: string };

/**
 * Says whether one cluster may go from one version of a product to another in one step.
 *
 * - A version that lists the old one in its `from` may always be reached from it, up or down.
 * - Up, inside a major version: to any patch, and to the next minor by number; further only with `skipMinors`.
 * - Up, to the next major version: to the first minor of it that the product lists, from the newest minor
 *   of the old major that it lists; the version it comes from must be listed too, or nothing is known of what
 *   lies between. With `skipMinors`, from any minor to any minor. Two majors at once: never.
 * - Down, by `downgrade`: `none` nothing; `patch` to an earlier patch of the minor; `minor` (the default)
 *   also to the minor before, or to any earlier one with `skipMinors`. To an earlier major: never.
 *
 * A version that the product does not list is refused, so that a missing entry never opens a path.
 */
export function checkJump(product: Product, from: Version, to: Version): JumpCheck {
  const objection = objectionTo(product, from, to);
  return objection === undefined ? { ok: true } : { ok: false, message: objection, hint: hintFor(product, from, to) };
}

/** Why the jump is illegal; `undefined` when it is legal. */
function objectionTo(product: Product, from: Version, to: Version): string | undefined {
  if (from === to) return undefined;
  const entry = product.spec.versions.find(({ version }) => version === to);
  if (entry === undefined) return `${product.metadata.name} does not list version ${to}`;
  if (entry.from?.includes(from)) return undefined;
  const order = compareVersions(from, to);
  if (order === 0) return undefined;
  return order < 0 ? objectionToUpgrade(product, from, to) : objectionToDowngrade(product, from, to);
}

function objectionToUpgrade(product: Product, from: Version, to: Version): string | undefined {
  const [a, b] = [numbersOf(from), numbersOf(to)];
  const skipMinors = product.spec.upgrades?.skipMinors === true;
  if (b.major > a.major + 1) return `${from} to ${to} skips a major version`;
  if (skipMinors) return undefined;
  if (b.major === a.major) {
    return b.minor <= a.minor + 1 ? undefined : `${from} to ${to} skips minor ${span(a.major, a.minor + 1, b.minor - 1)}`;
  }
  if (!product.spec.versions.some(({ version }) => version === from)) {
    return `${from} to ${to} is a major step from a version that ${product.metadata.name} does not list`;
  }
  const lastMinor = Math.max(a.minor, ...minorsOf(product, a.major));
  if (a.minor < lastMinor) return `${from} to ${to} skips minor ${span(a.major, a.minor + 1, lastMinor)}`;
  const firstMinor = Math.min(...minorsOf(product, b.major));
  return b.minor <= firstMinor ? undefined : `${from} to ${to} skips minor ${span(b.major, firstMinor, b.minor - 1)}`;
}

function objectionToDowngrade(product: Product, from: Version, to: Version): string | undefined {
  const [a, b] = [numbersOf(from), numbersOf(to)];
  const policy = product.spec.upgrades?.downgrade ?? 'minor';
  const { name } = product.metadata;
  if (policy === 'none') return `${from} to ${to} is a downgrade, and ${name} allows none`;
  if (a.major !== b.major) return `${from} to ${to} goes back across a major version`;
  if (a.minor === b.minor) return undefined;
  if (policy === 'patch') return `${from} to ${to} goes back across a minor version, and ${name} allows earlier patches only`;
  if (product.spec.upgrades?.skipMinors === true || b.minor === a.minor - 1) return undefined;
  return `${from} to ${to} goes back past minor ${span(a.major, b.minor + 1, a.minor - 1)}`;
}

/** Names the furthest listed version that is a legal first step on the way, so that the reader knows what to write. */
function hintFor(product: Product, from: Version, to: Version): string {
  const { versions } = product.spec;
  if (!versions.some(({ version }) => version === to)) return `add ${to} to spec.versions of the Product, or choose a listed version`;
  const low = Math.sign(compareVersions(from, to));
  const step = versions
    .filter(({ version, withdrawn }) => withdrawn === undefined && Math.sign(compareVersions(from, version)) === low)
    .map(({ version }) => version)
    .filter((version) => Math.sign(compareVersions(version, to)) === low && objectionTo(product, from, version) === undefined)
    .sort(compareVersions)
    .at(low < 0 ? -1 : 0);
  const otherwise = `list "${from}" in "from" of version ${to} of the Product if this jump is known to be safe`;
  return step === undefined ? otherwise : `go to ${step} first, or ${otherwise}`;
}

const span = (major: number, first: number, last: number): string =>
  first === last ? `${major}.${first}` : `${major}.${first} to ${major}.${last}`;

const minorsOf = (product: Product, major: number): number[] =>
  product.spec.versions
    .map(({ version }) => numbersOf(version))
    .filter((numbers) => numbers.major === major)
    .map(({ minor }) => minor);

function numbersOf(version: Version): { readonly major: number; readonly minor: number } {
  const [major = 0, minor = 0] = version.split(/[.-]/, 2).map(Number);
  return { major, minor };
}
