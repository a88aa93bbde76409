import { expect, it } from 'vitest';
import { tellable } from '../../../src/adapters/git/git-environment.ts';
import { diffListings, parseDiff, parseTree } from '../../../src/adapters/git/tree-listing.ts';
import { trusted } from '../../../src/core/model/ids.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const NONE = '0'.repeat(40);

it('parseTree takes files of every mode, and tells links in their place', () => {
  const output = Buffer.from(
    [
      `100644 blob ${A}\ta.yaml`,
      `100755 blob ${A}\tb\t\n.yaml`,
      `120000 blob ${A}\tl.yaml`,
      `160000 commit ${A}\ts.yaml`,
      `120000 blob ${B}\tclusters`,
      `120000 blob ${B}\tREADME.md`,
      `120000 blob ${B}\t.ci/x.yaml`,
      `160000 commit ${B}\tshared.d`,
      `160000 commit ${B}\t.theme`,
      `100644 blob ${B}\tc.md`,
      '',
    ].join('\0'),
  );
  expect(parseTree(output, 'fleet-manifests/')).toEqual([
    { path: 'fleet-manifests/a.yaml', blob: A },
    { path: 'fleet-manifests/b\t\n.yaml', blob: A },
    { path: 'fleet-manifests/l.yaml', blob: A, link: 'symbolic link' },
    { path: 'fleet-manifests/s.yaml', blob: A, link: 'submodule' },
    { path: 'fleet-manifests/clusters', blob: B, link: 'symbolic link' },
    { path: 'fleet-manifests/shared.d', blob: B, link: 'submodule' },
  ]);
  expect(parseTree(Buffer.alloc(0), '')).toEqual([]);
});

it.each<[string, string, object[]]>([
  [`:100644 100644 ${A} ${B} M`, 'a.yaml', [{ path: 'a.yaml', before: A, after: B }]],
  [`:000000 100644 ${NONE} ${B} A`, 'a.yaml', [{ path: 'a.yaml', before: undefined, after: B }]],
  [`:100644 000000 ${A} ${NONE} D`, 'a.yaml', [{ path: 'a.yaml', before: A, after: undefined }]],
  [`:100644 120000 ${A} ${B} T`, 'a.yaml', [{ path: 'a.yaml', before: A, after: B, link: 'symbolic link' }]],
  [`:100644 120000 ${A} ${A} T`, 'a.yaml', [{ path: 'a.yaml', before: A, after: A, link: 'symbolic link' }]],
  [`:120000 100644 ${A} ${B} T`, 'a.yaml', [{ path: 'a.yaml', before: A, after: B }]],
  [`:000000 160000 ${NONE} ${B} A`, 'shared', [{ path: 'shared', before: undefined, after: B, link: 'submodule' }]],
  [`:120000 000000 ${A} ${NONE} D`, 'a.md', []],
  [`:100644 100755 ${A} ${A} M`, 'a.yaml', []],
  [`:120000 120000 ${A} ${B} M`, 'a.yaml', [{ path: 'a.yaml', before: A, after: B, link: 'symbolic link' }]],
  [`:100644 100644 ${A} ${B} M`, 'a.md', []],
])('parseDiff of %s %s', (head, path, files) => expect(parseDiff(Buffer.from(`${head}\0${path}\0`), '')).toEqual(files));

it('diffListings names every difference once, in order of path', () => {
  const file = (path: string, blob: string) => ({ path, blob: trusted.blob(blob) });
  expect(diffListings([file('a', A), file('b', A), file('d', A)], [file('b', B), file('c', A), file('d', A)])).toEqual([
    { path: 'a', before: A, after: undefined },
    { path: 'b', before: A, after: B },
    { path: 'c', before: undefined, after: A },
  ]);
});

it.each([
  ['fatal: no such thing\n', 'fatal: no such thing'],
  ['remote: hello\nfatal: a\nerror: b\n', 'fatal: a; error: b'],
  ['remote: \u001b[31mred\u0007\n', 'remote: [31mred'],
  ['', 'git gave no reason'],
  ['fatal: the token is s3cret', 'fatal: the token is ***'],
  [`fatal: ${'x'.repeat(900)}`, `fatal: ${'x'.repeat(293)}`],
])('tellable of %j', (stderr, told) => expect(tellable(stderr, 's3cret')).toBe(told));
