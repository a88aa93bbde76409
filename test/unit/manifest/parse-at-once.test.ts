import { expect, it } from 'vitest';
import { MAX_CHARS_AT_ONCE, MAX_FILE_BYTES, MAX_PLAIN_CHARS_AT_ONCE } from '../../../src/core/manifest/limits.ts';
import { parseAtOnce, parseFile } from '../../../src/core/manifest/parse-file.ts';

const CLUSTER = `apiVersion: flotilla.dev/v1
kind: Cluster
metadata: { name: kafka-a }
spec: { product: kafka, dataPlane: east, replicas: 3 }
`;
const many = (text: string, chars: number): string =>
  Array(Math.ceil(chars / text.length))
    .fill(text)
    .join('---\n');
const text = (content: string) => ({ kind: 'text', text: content }) as const;

it.each([
  ['a manifest', text(CLUSTER)],
  ['a small one that is wrong', text('a: "x\n'.repeat(50))],
  ['many manifests as a program writes them', text(many(CLUSTER, MAX_PLAIN_CHARS_AT_ONCE / 2))],
  ['a file that is refused for its size', text(' '.repeat(MAX_FILE_BYTES + 1))],
  ['a link', { kind: 'link', link: 'submodule' } as const],
])('%s is read at once, as ever', (_what, content) => {
  expect(parseAtOnce(content)).toEqual(parseFile(content));
});

it.each([
  ['longer, and wrong', 'a:\n\tb: 1\n'.repeat(MAX_CHARS_AT_ONCE / 8)],
  ['longer, and written in an unusual way', many(CLUSTER.replace('3 }', '3 , config: { "a\\x41": b } }'), MAX_CHARS_AT_ONCE + 1)],
  ['long', many(CLUSTER, MAX_PLAIN_CHARS_AT_ONCE + 1)],
])('what is %s is not', (_what, content) => {
  expect(parseAtOnce(text(content))).toBeUndefined();
});
