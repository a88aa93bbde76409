import { expect, it } from 'vitest';
import { compileGlob } from '../../../src/core/manifest/glob.ts';
import { isManifestPath, manifestRootOf } from '../../../src/core/manifest/manifest-root.ts';

it.each([
  ['docs/**', 'docs/a.yaml', true],
  ['docs/**', 'docs/a/b.yaml', true],
  ['docs/**', 'docs2/a.yaml', false],
  ['**/kustomization.yaml', 'kustomization.yaml', true],
  ['**/kustomization.yaml', 'a/b/kustomization.yaml', true],
  ['**/kustomization.yaml', 'a/b/kustomization.yml', false],
  ['*.yaml', 'a.yaml', true],
  ['*.yaml', 'a/b.yaml', false],
  ['a/*/c.yaml', 'a/b/c.yaml', true],
  ['a/*/c.yaml', 'a/b/b/c.yaml', false],
  ['a/**/c.yaml', 'a/c.yaml', true],
  ['a/**/x/**/c.yaml', 'a/1/x/2/x/3/c.yaml', true],
  ['a/**/x/**/c.yaml', 'a/1/y/2/c.yaml', false],
  ['file-?.yaml', 'file-1.yaml', true],
  ['file-?.yaml', 'file-12.yaml', false],
  ['a*b*c', 'aXbXbXc', true],
  ['a*b*c', 'aXbXbX', false],
  ['(a+)+$', 'aaaa', false],
  ['.*', 'ab', false],
  ['**', 'a/b/c', true],
])('glob %s on %s: %s', (glob, path, want) => expect(compileGlob(glob)(path)).toBe(want));

// By trying every way to match, it would take longer than anybody waits.
it('answers a hostile glob', () => {
  expect(compileGlob(`${'*a'.repeat(400)}b`)('a'.repeat(4_000))).toBe(false);
  expect(compileGlob(`${'**/a/'.repeat(150)}b`)('a/'.repeat(1_000))).toBe(false);
});

it.each([
  [['a.yaml', 'fleet-manifests/b.yaml'], 'fleet-manifests/'],
  [['a.yaml', 'b/fleet-manifests/c.yaml'], ''],
  [['fleet-manifests.yaml'], ''],
  [[], ''],
])('the manifest root of %j is "%s"', (paths, want) => expect(manifestRootOf(paths)).toBe(want));

it.each([
  ['', 'a.yaml', true],
  ['', 'a/b.yml', true],
  ['', 'a.YAML', true],
  ['', 'a.Yml', true],
  ['', 'a.yamll', false],
  ['', 'a.json', false],
  ['', 'a.yaml.txt', false],
  ['', '.github/a.yaml', false],
  ['', 'a/.b/c.yaml', false],
  ['', '.a.yaml', true],
  ['fleet-manifests/', 'fleet-manifests/a.yaml', true],
  ['fleet-manifests/', 'a.yaml', false],
])('under "%s", %s is ours: %s', (root, path, want) => expect(isManifestPath(root, path)).toBe(want));
