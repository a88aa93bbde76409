/** A product version as the manifests write it: `3.9.1`, `7.6.1-rc1`. The schema has checked the form. */
export type Version = string;

/**
 * Orders versions: numbers by value, and a pre-release before its release. Inside a pre-release numbers count by value too, also where
 * they follow letters: `rc9` is older than `rc10`.
 *
 * @returns negative when `a` is older, 0 when equal, positive when newer.
 */
export function compareVersions(a: Version, b: Version): number {
  const [aMain = '', aPre = ''] = split(a);
  const [bMain = '', bPre = ''] = split(b);
  const aParts = aMain.split('.').map(Number);
  const bParts = bMain.split('.').map(Number);
  for (let i = 0; i < Math.max(aParts.length, bParts.length); i += 1) {
    const difference = (aParts[i] ?? 0) - (bParts[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (aPre === bPre) return 0;
  if (aPre === '') return 1;
  if (bPre === '') return -1;
  return comparePreReleases(aPre, bPre);
}

/** Part by part, where a part is a number or a word: a number is older than a word, and what ends first is older. */
function comparePreReleases(a: string, b: string): number {
  const [aParts, bParts] = [partsOf(a), partsOf(b)];
  for (const [at, one] of aParts.entries()) {
    const other = bParts[at];
    if (other === undefined) return 1;
    const difference = comparePart(one, other);
    if (difference !== 0) return difference;
  }
  return aParts.length - bParts.length;
}

/** `rc.9` and `rc9` are both `rc` and then 9. */
const partsOf = (preRelease: string): readonly string[] => preRelease.match(/\d+|[^\d.]+/g) ?? [];

function comparePart(a: string, b: string): number {
  const [aNumber, bNumber] = [Number(a), Number(b)];
  if (Number.isNaN(aNumber) && Number.isNaN(bNumber)) return a === b ? 0 : a < b ? -1 : 1;
  if (Number.isNaN(aNumber)) return 1;
  return Number.isNaN(bNumber) ? -1 : aNumber - bNumber;
}

/** How far a change of version reaches: decides which freezes and windows concern it. */
export type VersionScope = 'same' | 'patch' | 'minor' | 'major';

export function versionScope(from: Version, to: Version): VersionScope {
  const [a = [], b = []] = [from, to].map((version) => (split(version)[0] ?? '').split('.').map(Number));
  if (a[0] !== b[0]) return 'major';
  if (a[1] !== b[1]) return 'minor';
  return compareVersions(from, to) === 0 ? 'same' : 'patch';
}

function split(version: Version): [string, string] {
  const dash = version.indexOf('-');
  return dash < 0 ? [version, ''] : [version.slice(0, dash), version.slice(dash + 1)];
}

/** The form that the schema asks for, for versions that no schema has seen: what a data plane says it runs. */
const VERSION = /^[0-9]{1,6}\.[0-9]{1,6}(\.[0-9]{1,6}){0,2}(-[A-Za-z0-9]{1,40})?$/;

export const isVersion = (text: string): boolean => VERSION.test(text);
