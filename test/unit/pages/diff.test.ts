import { describe, expect, it } from 'vitest';
import type { FileChange } from '../../../src/local/forge/git/read.ts';
import { fileDiffOf, parseHunks } from '../../../src/local/forge/pages/diff.ts';
import { renderDiff } from '../../../src/local/forge/pages/diff-table.ts';
import type { AnnotationView } from '../../../src/local/forge/pages/views.ts';

const PATCH = `@@ -4,4 +4,5 @@ metadata:
 spec:
-  version: 3.9.0
+  version: 3.9.1
+  urgency: hotfix
   product: kafka
 ---`;

const CHANGE: FileChange = {
  status: 'modified',
  path: 'releases/kafka.yaml',
  previousPath: undefined,
  blob: 'b'.repeat(40),
  additions: 2,
  deletions: 1,
  patch: PATCH,
};

describe('parseHunks', () => {
  it('numbers the lines of both sides', () => {
    const [hunk, ...rest] = parseHunks(PATCH);
    expect(rest).toEqual([]);
    expect(hunk?.header).toBe('@@ -4,4 +4,5 @@ metadata:');
    expect(hunk?.lines.map((line) => [line.kind, line.oldNumber, line.newNumber, line.text])).toEqual([
      ['same', 4, 4, 'spec:'],
      ['removed', 5, undefined, '  version: 3.9.0'],
      ['added', undefined, 5, '  version: 3.9.1'],
      ['added', undefined, 6, '  urgency: hotfix'],
      ['same', 6, 7, '  product: kafka'],
      ['same', 7, 8, '---'],
    ]);
  });

  it('takes lines that look like headers for what they are', () => {
    const [hunk, ...rest] = parseHunks('@@ -1,2 +1,2 @@\n--- a/x\n-@@ -9 +9 @@\n+++ b/x\n+@@ -1 +1 @@\n');
    expect(rest).toEqual([]);
    expect(hunk?.lines.map((line) => line.text)).toEqual(['-- a/x', '@@ -9 +9 @@', '++ b/x', '@@ -1 +1 @@']);
  });

  it('separates hunks, with counts that are left out', () => {
    expect(
      parseHunks('@@ -1 +1 @@\n-x\n+y\n@@ -9 +9 @@\n-x\n+y').map((hunk) => hunk.lines.map((line) => line.oldNumber ?? line.newNumber)),
    ).toEqual([
      [1, 1],
      [9, 9],
    ]);
  });

  it('keeps the note about a missing line end', () => {
    const [hunk] = parseHunks('@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file');
    expect(hunk?.lines.map((line) => line.kind)).toEqual(['removed', 'note', 'added', 'note']);
  });

  it.each(['', 'fatal: bad object', ' @@ -1 +1 @@'])('finds nothing in %j', (text) => expect(parseHunks(text)).toEqual([]));
});

describe('fileDiffOf', () => {
  it.each<[string, Partial<FileChange>, number | undefined]>([
    ['a changed file', {}, 1],
    ['a file that is not text', { patch: undefined, additions: 0, deletions: 0 }, undefined],
    ['a file that is too long', { patch: undefined, additions: 9_000, deletions: 0 }, undefined],
    ['a file that only moved', { patch: undefined, status: 'renamed', previousPath: 'old.yaml', additions: 0, deletions: 0 }, 0],
    ['a moved file that is not text', { patch: undefined, status: 'renamed', previousPath: 'old', additions: 3, deletions: 0 }, undefined],
  ])('shows %s', (_name, difference, hunks) => {
    const file = fileDiffOf({ ...CHANGE, ...difference });
    expect(file.hunks?.length).toBe(hunks);
    expect(file.oldPath).toBe(difference.previousPath);
  });
});

describe('renderDiff', () => {
  const options = {
    repository: { owner: 'acme', name: 'fleet', defaultBranch: 'main', openPulls: 0, openIssues: 0, hasIssue: () => false },
    head: 'abc',
    cut: false,
  };
  const annotation: AnnotationView = {
    path: 'releases/kafka.yaml',
    startLine: 5,
    endLine: 5,
    startColumn: 12,
    level: 'failure',
    title: 'unknown-version',
    message: 'kafka has no version <3.9.1>',
    details: undefined,
  };

  it('puts an annotation under its line', () => {
    const markup = renderDiff({ ...options, files: [fileDiffOf(CHANGE)], annotations: [annotation] }).markup;
    const at = (text: string) => markup.indexOf(text);
    expect(at('  version: 3.9.1')).toBeGreaterThan(0);
    expect(at('kafka has no version &lt;3.9.1&gt;')).toBeGreaterThan(at('  version: 3.9.1'));
    expect(at('kafka has no version &lt;3.9.1&gt;')).toBeLessThan(at('  urgency: hotfix'));
    expect(markup).toContain('releases/kafka.yaml:5:12');
  });

  it('shows an annotation outside the hunks above them, and none of another file', () => {
    const markup = renderDiff({
      ...options,
      files: [fileDiffOf(CHANGE)],
      annotations: [
        { ...annotation, startLine: 90, endLine: 90, message: 'far away' },
        { ...annotation, path: 'other.yaml', message: 'elsewhere' },
      ],
    }).markup;
    expect(markup.indexOf('far away')).toBeLessThan(markup.indexOf('<table'));
    expect(markup).toContain('far away');
    expect(markup).not.toContain('elsewhere');
  });

  it('escapes what the lines and names say', () => {
    const patch = '@@ -1 +1 @@ <i>\n-<script>alert(1)</script>\n+"><img src=x>';
    const markup = renderDiff({ ...options, files: [fileDiffOf({ ...CHANGE, path: '<b>.yaml', patch })], annotations: [] }).markup;
    expect(markup).not.toMatch(/<(script|img|b|i)\b/);
    expect(markup).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('tells added from removed by sign and word, not by colour alone', () => {
    const markup = renderDiff({ ...options, files: [fileDiffOf(CHANGE)], annotations: [] }).markup;
    expect(markup).toContain('+<span class="hidden">added</span>');
    expect(markup).toContain('−<span class="hidden">removed</span>');
  });
});
