/** A product version as the manifests write it: `3.9.1`, `7.6.1-rc1`. The schema has checked the form. */
export type Version = string;

/**
 * Orders versions: numbers by value, and a pre-release before its release.
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
  return aPre < bPre ? -1 : 1;
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
