import { describe, expect, it } from 'vitest';
import { parseDiff } from '../../../src/local/forge/pages/diff.ts';
import { renderDiff } from '../../../src/local/forge/pages/diff-table.ts';
import type { AnnotationView } from '../../../src/local/forge/pages/views.ts';

const CHANGED = `diff --git a/releases/kafka.yaml b/releases/kafka.yaml
index 1111111..2222222 100644
--- a/releases/kafka.yaml
+++ b/releases/kafka.yaml
@@ -4,4 +4,5 @@ metadata:
 spec:
-  version: 3.9.0
+  version: 3.9.1
+  urgency: hotfix
   product: kafka
 ---
`;

describe('parseDiff', () => {
  it('numbers the lines of both sides', () => {
    const [file] = parseDiff(CHANGED);
    expect(file).toMatchObject({ path: 'releases/kafka.yaml', status: 'modified', additions: 2, deletions: 1, oldPath: undefined });
    expect(file?.hunks[0]?.lines.map((line) => [line.kind, line.oldNumber, line.newNumber, line.text])).toEqual([
      ['same', 4, 4, 'spec:'],
      ['removed', 5, undefined, '  version: 3.9.0'],
      ['added', undefined, 5, '  version: 3.9.1'],
      ['added', undefined, 6, '  urgency: hotfix'],
      ['same', 6, 7, '  product: kafka'],
      ['same', 7, 8, '---'],
    ]);
  });

  it('takes lines that look like headers for what they are', () => {
    const [file, ...rest] = parseDiff(
      'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n--- a/x\n-diff --git a/b b/b\n+++ b/x\n+@@ -1 +1 @@\n',
    );
    expect(rest).toEqual([]);
    expect(file?.hunks[0]?.lines.map((line) => line.text)).toEqual(['-- a/x', 'diff --git a/b b/b', '++ b/x', '@@ -1 +1 @@']);
  });

  it.each([
    [
      'an added file',
      'diff --git a/n b/n\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n',
      { path: 'n', status: 'added', additions: 1 },
    ],
    [
      'a removed file',
      'diff --git a/n b/n\ndeleted file mode 100644\nindex 1..0\n--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n',
      { path: 'n', status: 'removed', deletions: 1 },
    ],
    [
      'a renamed file',
      'diff --git a/o d b/n\nsimilarity index 100%\nrename from o d\nrename to n\n',
      { path: 'n', oldPath: 'o d', status: 'renamed', hunks: [] },
    ],
    [
      'a binary file',
      'diff --git a/x.bin b/x.bin\nindex 1..2 100644\nBinary files a/x.bin and b/x.bin differ\n',
      { path: 'x.bin', binary: true },
    ],
    ['a changed mode', 'diff --git a/a b b/a b\nold mode 100644\nnew mode 100755\n', { path: 'a b', hunks: [] }],
    ['a name with a space', 'diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-x\n+y\n', { path: 'a b' }],
    [
      'a name with quotes and letters of others',
      'diff --git "a/\\"\\303\\251" "b/\\"\\303\\251"\n--- "a/\\"\\303\\251"\n+++ "b/\\"\\303\\251"\n@@ -1 +1 @@\n-x\n+y\n',
      { path: '"é' },
    ],
  ])('reads %s', (_name, text, want) => expect(parseDiff(text)).toMatchObject([want]));

  it('keeps the note about a missing line end', () => {
    const [file] = parseDiff(
      'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n',
    );
    expect(file?.hunks[0]?.lines.map((line) => line.kind)).toEqual(['removed', 'note', 'added', 'note']);
    expect(file).toMatchObject({ additions: 1, deletions: 1 });
  });

  it.each(['', 'fatal: bad object\n', '@@ -1 +1 @@\n-x'])('finds no file in %j', (text) => expect(parseDiff(text)).toEqual([]));
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
    const markup = renderDiff({ ...options, files: parseDiff(CHANGED), annotations: [annotation] }).markup;
    const at = (text: string) => markup.indexOf(text);
    expect(at('  version: 3.9.1')).toBeGreaterThan(0);
    expect(at('kafka has no version &lt;3.9.1&gt;')).toBeGreaterThan(at('  version: 3.9.1'));
    expect(at('kafka has no version &lt;3.9.1&gt;')).toBeLessThan(at('  urgency: hotfix'));
    expect(markup).toContain('releases/kafka.yaml:5:12');
  });

  it('shows an annotation outside the hunks above them, and none of another file', () => {
    const markup = renderDiff({
      ...options,
      files: parseDiff(CHANGED),
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
    const hostile =
      'diff --git a/<b>.yaml b/<b>.yaml\n--- a/<b>.yaml\n+++ b/<b>.yaml\n@@ -1 +1 @@ <i>\n-<script>alert(1)</script>\n+"><img src=x>\n';
    const markup = renderDiff({ ...options, files: parseDiff(hostile), annotations: [] }).markup;
    expect(markup).not.toMatch(/<(script|img|b|i)\b/);
    expect(markup).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('tells added from removed by sign and word, not by colour alone', () => {
    const markup = renderDiff({ ...options, files: parseDiff(CHANGED), annotations: [] }).markup;
    expect(markup).toContain('+<span class="hidden">added</span>');
    expect(markup).toContain('−<span class="hidden">removed</span>');
  });
});
