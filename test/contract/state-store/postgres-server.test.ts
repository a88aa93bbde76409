import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canConnect } from '../../../src/adapters/postgres/connection.ts';
import { EmbeddedServer } from '../../../src/adapters/postgres/embedded-server.ts';
import { isAlive } from '../../../src/adapters/postgres/postmaster.ts';
import { serverUser } from '../../../src/adapters/postgres/server-user.ts';
import { stopLeftServer } from '../../../src/adapters/postgres/stop-server.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { BotHome, refusal } from '../../support/state/bot-home.ts';
import { change, delivery, entry, FLEET, fleetRecord, job } from '../../support/state/builders.ts';
import { eventually, memoryLog } from '../../support/state/test-database.ts';
import { TestSql } from '../../support/state/test-sql.ts';

let used: BotHome;
let home: BotHome;
beforeAll(async () => {
  used = await BotHome.used();
});
afterAll(() => used.remove());
beforeEach(async () => {
  home = await BotHome.make();
});
afterEach(() => home.remove());

describe('the embedded server', () => {
  it('keeps what was stored over a stop and a start, listens on loopback only, and is gone after the stop', async () => {
    const first = await home.open();
    await first.store.saveFleet(fleetRecord());
    const pid = await home.serverPid();
    await first.close();
    expect(isAlive(pid)).toBe(false);
    const second = await home.open();
    expect(await second.store.fleets()).toStrictEqual([fleetRecord()]);
    const { rows } = await ask<{ readonly listen_addresses: string; readonly fsync: string; readonly sockets: string }>(
      `select current_setting('listen_addresses') as listen_addresses, current_setting('fsync') as fsync, current_setting('unix_socket_directories') as sockets`,
    );
    expect(rows).toEqual([{ listen_addresses: '127.0.0.1', fsync: 'on', sockets: '' }]);
  });

  it('of a bot that was killed is adopted, with all that was committed', async () => {
    await home.copy(used);
    const killed = home.bot();
    await killed.hears('ready');
    const pid = await home.serverPid();
    await killed.kill();
    expect(isAlive(pid)).toBe(true);
    const state = await home.open();
    expect(await home.serverPid()).toBe(pid);
    expect(await state.store.fleets()).toHaveLength(1);
    await state.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('that was killed together with its bot starts again from what it left', async () => {
    await home.copy(used);
    const killed = home.bot();
    await killed.hears('ready');
    process.kill(await home.serverPid(), 'SIGKILL');
    await killed.kill();
    const state = await home.open();
    expect(await state.store.fleets()).toHaveLength(1);
  });

  it('does not take a stranger for itself whose process id is in a stale file', async () => {
    await home.copy(used);
    // Of the server's own user, whom PostgreSQL would take for a rival.
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore', ...(await serverUser(home.data())) });
    home.beforeRemoval(async () => stranger.kill());
    await writeFile(home.data('postmaster.pid'), `${stranger.pid}\n${home.data()}\n1790000000\n28000\n\n127.0.0.1\n0 0\nready\n`);
    expect(await (await home.open()).store.healthy()).toBe(true);
  });

  it('takes a port of its own when several start at once and find the same ones free', async () => {
    const homes = await Promise.all([1, 2, 3].map(() => BotHome.make()));
    for (const one of homes) home.beforeRemoval(() => one.remove());
    for (const one of homes) await one.copy(used);
    // Few enough that two of them nearly always try the same one.
    const from = randomInt(20_000, 32_000);
    const servers = await Promise.all(homes.map((one) => EmbeddedServer.start(one.folder, memoryLog(), { from, to: from + 4 })));
    try {
      const ports = servers.map((server) => server.connection('postgres')).map((one) => ('port' in one ? one.port : undefined));
      expect(new Set(ports).size).toBe(3);
      expect(await Promise.all(servers.map((server) => canConnect(server.connection('postgres'))))).toEqual([true, true, true]);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  it('of the original is left alone by a copy of the folder, which starts one of its own', async () => {
    await home.copy(used);
    const original = await home.open();
    const pid = await home.serverPid();
    const copy = await BotHome.make();
    home.beforeRemoval(() => copy.remove());
    await copy.copy(used);
    // The same password, and a file that names the original's process and port.
    await copyFile(home.data('postmaster.pid'), copy.data('postmaster.pid'));
    expect(await stopLeftServer(copy.folder)).toBeUndefined();
    const state = await copy.open();
    expect(await copy.serverPid()).not.toBe(pid);
    await state.store.saveFleet(fleetRecord());
    await state.close();
    expect(isAlive(pid)).toBe(true);
    expect(await original.store.fleets()).toEqual([]);
  });

  it('outlives the Ctrl-C that goes to the whole group, until its bot has drained', async () => {
    await home.copy(used);
    const drained = home.bot();
    await drained.hears('ready');
    const pid = await home.serverPid();
    drained.signalGroup('SIGINT');
    expect(await drained.ended()).toBe(0);
    expect(drained.said).toContain('committed');
    expect(isAlive(pid)).toBe(false);
  });

  it('comes back by itself when it is killed under the bot: what was committed is there, what was not is an error', async () => {
    await home.copy(used);
    const { store } = await home.open();
    await store.saveFleet(fleetRecord());
    expect(await store.commit(change(0, { audit: [entry('k1', 'before')] }))).toBe('committed');
    const killed = await home.serverPid();
    const inFlight = Array.from({ length: 5 }, (_, nth) => store.receive(delivery(`g${nth}`), [job(`g${nth}`)]));
    process.kill(killed, 'SIGKILL');
    const outcomes = await Promise.allSettled(inFlight);
    await eventually('another server', async () => ![killed, -1].includes(await home.serverPid()));
    await eventually('a healthy store', () => store.healthy());
    expect((await store.audit(FLEET, { limit: 5 })).map((one) => one.why)).toEqual(['before']);
    expect(await store.commit(change(1, { audit: [entry('k1', 'after')] }))).toBe('committed');
    for (const [nth, outcome] of outcomes.entries()) {
      // An acknowledged delivery is there; one that failed may be, and is not there twice.
      if (outcome.status === 'fulfilled') expect(await store.receive(delivery(`g${nth}`), [])).toBe('known');
      else expect(outcome.reason).toBeInstanceOf(PortError);
    }
    expect((await refusal(home.open())).message).toContain(`pid ${process.pid}`);
  });
});

describe('a second bot on the same folder', () => {
  it('is refused, with the process id of the first, and harms nothing', async () => {
    await home.copy(used);
    const first = await home.open();
    const second = home.bot();
    await second.ended();
    expect(second.said.join()).toContain(`(pid ${process.pid} on `);
    expect(second.said.join()).toContain('FLOTILLA_HOME');
    const error = await refusal(home.open());
    expect(error.retry).toEqual({ kind: 'needs-human' });
    expect(await first.store.healthy()).toBe(true);
  });

  it('wins or loses, and never both, when two start at once on an empty folder', async () => {
    const both = [home.bot(), home.bot()];
    await eventually('both have spoken', () => both.every((one) => one.said.length > 0));
    const winners = both.filter((one) => one.said.includes('ready'));
    expect(winners).toHaveLength(1);
    expect(both.find((one) => !winners.includes(one))?.said.join()).toContain(`(pid ${winners[0]?.pid} on `);
  });

  it('is let in as soon as the first is dead', async () => {
    await home.copy(used);
    const first = home.bot();
    await first.hears('ready');
    await first.kill();
    expect(await (await home.open()).store.fleets()).toHaveLength(1);
  });
});

async function ask<Row extends pg.QueryResultRow>(sql: string): Promise<pg.QueryResult<Row>> {
  const { client } = await TestSql.open(home.folder);
  try {
    return await client.query<Row>(sql);
  } finally {
    await client.end();
  }
}
