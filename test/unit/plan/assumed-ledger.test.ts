import { expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { cluster, type Documents, release } from '../../support/fleet-model.ts';
import { historyOf } from './plan-of.ts';

const at = (version: string, names: readonly string[] = ['a']): Documents => ({
  clusters: names.map((name) => cluster(name)),
  releases: [release('r', { version })],
});
const versions = (...line: readonly Documents[]) =>
  historyOf(...line)
    .entries.get(trusted.cluster('a'))
    ?.proven.map(({ spec }) => spec.version);

it('proves every commit in turn, newest first', () => {
  expect(versions(at('3.7.0'), at('3.8.0'), at('3.8.0'), at('3.9.0'))).toEqual(['3.9.0', '3.8.0', '3.7.0']);
});

it('forgets what was gone back from', () => expect(versions(at('3.7.0'), at('3.8.0'), at('3.7.0'))).toEqual(['3.7.0']));

it('remembers a cluster that went and came back', () => {
  expect(versions(at('3.7.0'), at('3.8.0', ['b']), at('3.8.0'))).toEqual(['3.8.0', '3.7.0']);
});
