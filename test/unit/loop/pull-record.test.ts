import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import {
  closePull,
  knownPull,
  type PullRecord,
  pullRecord,
  pullRecords,
  readPullRecord,
  savePullRecord,
} from '../../../src/loop/pull-record.ts';
import type { PullInfo } from '../../../src/ports/code-host.ts';
import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';
import { FLEET, fleetRecord, sha } from '../../support/state/builders.ts';

const INFO: PullInfo = {
  number: 7,
  headSha: sha('a'),
  baseRef: 'main',
  author: 'octocat',
  title: 'Kafka 3.9',
  draft: false,
  state: 'open',
  merged: false,
  fork: true,
  mergeCommit: undefined,
};
const RECORD: PullRecord = { number: 7, isOpen: true, planned: { info: INFO, base: sha('b') }, digest: trusted.digest('0123456789abcdef') };

async function kept(record: PullRecord) {
  const store = new InMemoryStateStore();
  await store.saveFleet(fleetRecord());
  await savePullRecord(store, FLEET, record);
  return store;
}

describe('what is known of a pull request', () => {
  it.each<[string, PullRecord]>([
    ['planned', RECORD],
    ['merged', { ...RECORD, planned: { info: { ...INFO, state: 'closed', merged: true, mergeCommit: sha('c') }, base: sha('b') } }],
    ['closed before its first plan', { number: 7, isOpen: false, planned: undefined, digest: undefined }],
  ])('is read as it was written: %s', async (_name, record) => {
    const store = await kept(record);
    expect([await pullRecord(store, FLEET, 7), await pullRecords(store, FLEET)]).toEqual([record, [record]]);
  });

  it('survives its end: what was shown last stays known', async () => {
    const store = await kept(RECORD);
    await closePull(store, FLEET, 7);
    expect(await pullRecord(store, FLEET, 7)).toEqual({ ...RECORD, isOpen: false });
    await closePull(store, FLEET, 8);
    expect(await pullRecord(store, FLEET, 8)).toEqual({ number: 8, isOpen: false, planned: undefined, digest: undefined });
  });

  it('stands for the pull request itself only while its head is the same', () => {
    expect([knownPull(RECORD, sha('a')), knownPull(RECORD, sha('c')), knownPull(undefined, sha('a'))]).toEqual([
      INFO,
      undefined,
      undefined,
    ]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no JSON', { info: '{', base: sha('b') }],
    ['no pull request', { info: '{"number":7}', base: sha('b') }],
    ['no base', { info: JSON.stringify(INFO) }],
    ['a base that is no commit', { info: JSON.stringify(INFO), base: 'main' }],
  ])('that cannot be read (%s) is not known: it is planned again', (_name, memo) => {
    const read = readPullRecord({ key: 'pull:7', remoteId: undefined, hash: undefined, memo: { ...memo, state: 'open', digest: 'x' } });
    expect(read).toEqual({ number: 7, isOpen: true, planned: undefined, digest: undefined });
  });

  it('under a key that names none is nothing', () => {
    expect(readPullRecord({ key: 'pull:x', remoteId: undefined, hash: undefined, memo: {} })).toBeUndefined();
  });
});
