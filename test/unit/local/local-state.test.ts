import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalState, readLocalState, writeLocalState } from '../../../src/local/local-state.ts';

const STATE: LocalState = {
  worldStartedBy: 'bot',
  worldPid: 4711,
  botPid: 4712,
  botUrl: 'http://127.0.0.1:3000',
  forgeUrl: 'http://127.0.0.1:3001',
  dataPlaneUrl: 'http://127.0.0.1:3002',
  speed: 60,
  webhookSecret: 'secret',
  appId: 1,
  users: [],
};

describe('what the programs of local mode tell each other', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flotilla-state-'));
    writeLocalState(join(folder, 'home'), STATE);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read as it was written, also when the folder was moved', () => {
    expect(readLocalState(join(folder, 'home'))).toMatchObject(STATE);
    renameSync(join(folder, 'home'), join(folder, 'moved'));
    expect(readLocalState(join(folder, 'moved'))).toMatchObject(STATE);
  });

  it('in a copy of the folder names no process and no address of the original', () => {
    cpSync(join(folder, 'home'), join(folder, 'copy'), { recursive: true });
    const { worldPid, botPid, botUrl, forgeUrl, dataPlaneUrl, webhookSecret } = readLocalState(join(folder, 'copy')) ?? {};
    expect({ worldPid, botPid, botUrl, forgeUrl, dataPlaneUrl, webhookSecret }).toEqual({ webhookSecret: 'secret' });
  });
});
