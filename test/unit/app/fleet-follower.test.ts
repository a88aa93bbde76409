import { beforeEach, expect, it } from 'vitest';
import { FleetFollower } from '../../../src/app/fleet-follower.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import { memoryOf } from '../../../src/loop/memory.ts';
import { TestBot } from '../../support/loop/bot.ts';

const FLEET = trusted.fleet('acme/clusters');

let bot: TestBot;
let holds: boolean;
let did: string[];
let follower: FleetFollower;
const loop = (): Loop => bot.loop;

beforeEach(async () => {
  bot = await TestBot.begin();
  holds = true;
  did = [];
  follower = new FleetFollower(
    loop(),
    () => holds,
    {
      begin: (fleet) => void did.push(`begin ${fleet}`),
      set: (fleet, { tick }) => void did.push(`timers of ${fleet}: ${tick}`),
      drop: (fleet) => void did.push(`drop ${fleet}`),
    },
    { set: (fleet, dataPlanes) => void did.push(`watches of ${fleet}: ${dataPlanes.map(({ name }) => name).join()}`) },
  );
});

it('forgets what it knew of a fleet that it gains or loses', () => {
  const before = memoryOf(loop().memory, FLEET);
  follower.gained(FLEET);
  const gained = memoryOf(loop().memory, FLEET);
  expect(gained).not.toBe(before);
  follower.lost(FLEET);
  expect(memoryOf(loop().memory, FLEET)).not.toBe(gained);
});

it('looks at a fleet that it gains: what the one before was about to do is found', async () => {
  follower.gained(FLEET);
  await expect.poll(() => did.length).toBe(3);
  expect(did).toEqual([
    `begin ${FLEET}`,
    expect.stringContaining(`watches of ${FLEET}: `),
    expect.stringContaining(`timers of ${FLEET}: `),
  ]);
  const waiting = bot.store.jobs.waiting().map(({ key }) => key);
  expect(waiting).toEqual(expect.arrayContaining([`tick:${FLEET}`, `sync:${FLEET}`, `sweep:${FLEET}`]));
});

it('lets go of timers and watches of a fleet that it loses, also while they are made', async () => {
  const making = follower.refresh(FLEET);
  holds = false;
  follower.lost(FLEET);
  await making;
  expect(did).toEqual([`drop ${FLEET}`, `watches of ${FLEET}: `]);
});

it('runs nothing for a retired fleet, and begins again when it is taken up', async () => {
  const fleet = await bot.store.fleet(FLEET);
  if (fleet === undefined) throw new Error('there is a fleet');
  const retired = { ...fleet, retired: { why: 'suspended', since: bot.clock.now() } } as const;
  follower.settle([retired]);
  await bot.store.saveFleet(retired);
  await follower.refresh(FLEET);
  const dropped = [`drop ${FLEET}`, `watches of ${FLEET}: `];
  expect(did.splice(0)).toEqual([...dropped, ...dropped]);
  await bot.store.saveFleet(fleet);
  holds = false;
  follower.settle([fleet]);
  expect(did).toEqual([]);
  holds = true;
  follower.settle([fleet]);
  expect(did).toEqual([`begin ${FLEET}`]);
});
