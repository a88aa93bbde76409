import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConnectedState, openState } from '../../src/adapters/postgres/connect.ts';
import { auditLine } from '../../src/core/change/fleet-change.ts';
import { instant } from '../../src/core/model/time.ts';
import { decideAndCommit } from '../../src/loop/commit.ts';
import type { Memory } from '../../src/loop/memory.ts';
import { PortError } from '../../src/ports/port-error.ts';
import { FLEET, fleetRecord } from '../support/state/builders.ts';
import { memoryLog, type TestDatabase, TestServer } from '../support/state/test-database.ts';

/** How PostgreSQL is asked to commit: a simple query, with its length. */
const COMMIT = Buffer.from('Q\0\0\0\x0bcommit\0', 'latin1');

/** Between the bot and its database: cuts the connection at a COMMIT, before it arrives or before its answer does. */
class Cutter {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What happens at the next COMMIT; then nothing more. */
  next: 'lost' | 'unanswered' | undefined;
  cuts = 0;

  constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')));
  }

  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    let isUnheard = false;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      const cut = bytes.includes(COMMIT) ? this.next : undefined;
      if (cut === undefined) return void server.write(bytes);
      this.next = undefined;
      this.cuts += 1;
      if (cut === 'lost') return void client.destroy();
      isUnheard = true;
      server.write(bytes);
    });
    // By its answer one knows that it has committed.
    server.on('data', (bytes: Buffer) => void (isUnheard ? client.destroy() : client.write(bytes)));
  }
}

const ROUNDS = 25;
let server: TestServer;
let database: TestDatabase;
let cutter: Cutter;
let state: ConnectedState;

beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  const own = database.connection;
  if ('connectionString' in own) throw new Error('the test server is reached by host and port');
  cutter = new Cutter(own.port);
  state = await openState({ ...own, port: await cutter.start() }, memoryLog());
  await state.store.saveFleet(fleetRecord());
});
afterAll(async () => {
  await state.close();
  cutter.stop();
  await database.close();
  await server.stop();
});

it.each(['lost', 'unanswered'] as const)('a COMMIT whose connection is cut (%s) is done once, whatever is tried again', async (kind) => {
  const { store } = state;
  const memory: Memory = new Map();
  const loop = {
    ports: { store, clock: { now: () => instant(Date.now()) } },
    settings: { speed: 1, publishIntervalMs: 1, publicUrl: '' },
    memory,
  };
  const why = (round: number): string => `${kind} ${round}`;
  const isThere = async (round: number): Promise<boolean> =>
    (await store.audit(FLEET, { limit: 1_000 })).some((line) => line.why === why(round));
  /** As a job does: what failed is decided again, on what is there then. */
  const once = (round: number) =>
    decideAndCommit(loop, FLEET, async () =>
      (await isThere(round))
        ? { value: 'there' }
        : { change: { audit: [auditLine('desired', 'x', why(round))], followUps: [] }, value: 'written' },
    );
  const outcomes = new Set<string | undefined>();
  const before = cutter.cuts;
  for (let round = 0; round < ROUNDS; round += 1) {
    cutter.next = kind;
    for (let isDone = false; !isDone; ) {
      try {
        outcomes.add(await once(round));
        isDone = true;
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
        expect(error.retry.kind).not.toBe('needs-human');
      }
    }
  }
  const lines = (await store.audit(FLEET, { limit: 1_000 })).map((line) => line.why).filter((line) => line.startsWith(kind));
  expect(lines.toReversed()).toEqual(Array.from({ length: ROUNDS }, (_, round) => why(round)));
  expect(cutter.cuts - before).toBe(ROUNDS);
  // Other transactions commit too, so that not each of the cuts hits this one.
  expect(outcomes.has(kind === 'lost' ? 'written' : 'there')).toBe(true);
});
