import { describe, expect, it } from 'vitest';
import { COMMAND_OUTCOMES, type CommandOutcome } from '../../../src/core/change/command-outcome.ts';
import type { AcceptedCommand, GivenCommand } from '../../../src/core/command/accepted.ts';
import {
  type FleetCommand,
  ROLLOUT_VERBS,
  type RolloutCommand,
  STOPPABLE_SCOPES,
  type StoppableScope,
} from '../../../src/core/command/command.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { CHANGE_SUBJECTS } from '../../../src/core/reconcile/decision.ts';
import { STOP_LETS } from '../../../src/core/stop/stop.ts';
import { c, change, entry, FLEET, fleetRecord, job, landed, OTHER_FLEET, planFor, t } from '../../support/state/builders.ts';
import { type StoreUnderTest, waitingKeys } from './under-test.ts';

const ROLLOUT = landed('a', planFor(['k1'], '2.0.0')).state.id;
const PAUSE: RolloutCommand = { verb: 'pause', rollout: ROLLOUT, by: 'ada', reason: 'latency' };
const given = (over: Partial<GivenCommand> = {}): GivenCommand => ({ command: PAUSE, key: undefined, givenAt: t(1), ...over });
const done: CommandOutcome = { kind: 'done', at: t(2), changes: [], notes: [] };

export function commandLaws(under: () => StoreUnderTest): void {
  const accept = (one: Partial<GivenCommand> = {}, fleet = FLEET) => under().store.accept(fleet, given(one), [job('now')]);
  const waiting = async () => (await under().store.waitingCommands(FLEET)).map(({ id }) => id);
  const carryOut = (version: number, { id }: AcceptedCommand, outcome = done) =>
    under().store.commit(change(version, { carriedOut: { command: id, outcome }, audit: [entry('k1', `command ${id}`)] }));

  describe('commands', () => {
    it.each<FleetCommand>([
      ...ROLLOUT_VERBS.map((verb): FleetCommand => ({ ...PAUSE, verb })),
      {
        verb: 'approve',
        rollout: ROLLOUT,
        phase: 'canary',
        cluster: c('k1'),
        digest: trusted.digest('0123456789abcdef'),
        stop: trusted.stop('5'.repeat(16)),
        product: 'kafka',
        until: t(99),
        by: 'ada',
        reason: 'all of it',
      },
      { verb: 'lift', stop: trusted.stop('5'.repeat(16)), by: 'ada', reason: 'fine' },
      { verb: 'approve-rules', pull: 12, digest: trusted.digest('0123456789abcdef'), by: 'ada', reason: 'looks right' },
      { verb: 'reconcile', release: 'kafka-main', by: 'ada', reason: 'home' },
      ...STOPPABLE_SCOPES.map((kind): FleetCommand => ({ verb: 'stop', scope: scopeOf(kind), by: 'ada', reason: 'why' })),
      ...STOP_LETS.map((lets): FleetCommand => ({ verb: 'stop', scope: { kind: 'fleet' }, lets, until: t(9), by: 'ada', reason: 'why' })),
    ])('gives back $verb as it was given', async (command) => {
      const accepted = await accept({ command, key: 'k' });
      expect(accepted).toEqual({ id: accepted.id, command, key: 'k', givenAt: t(1), outcome: undefined });
      expect(await under().store.command(FLEET, accepted.id)).toEqual(accepted);
      expect(await under().store.waitingCommands(FLEET)).toEqual([accepted]);
    });

    it('are accepted with their jobs, whatever the version of the fleet, and wait in order', async () => {
      const first = await accept();
      await under().store.commit(change(0));
      const second = await accept();
      expect(second.id).toBeGreaterThan(first.id);
      expect(await waiting()).toEqual([first.id, second.id]);
      expect(await waitingKeys(under())).toEqual(['now']);
      expect((await under().store.fleet(FLEET))?.version).toBe(1);
    });

    it('with one key are one command: whoever gives it again learns what became of it', async () => {
      const first = await accept({ key: 'k' });
      expect(await under().store.accept(FLEET, given({ key: 'k', givenAt: t(5) }), [job('again')])).toEqual(first);
      await carryOut(0, first);
      expect(await accept({ key: 'k' })).toEqual({ ...first, outcome: done });
      expect(await waiting()).toEqual([]);
      expect(await waitingKeys(under())).toEqual(['now']);
    });

    it('of ten at once with one key, one is accepted; without a key each is its own', async () => {
      const same = await Promise.all(Array.from({ length: 10 }, () => accept({ key: 'k' })));
      expect(new Set(same.map(({ id }) => id)).size).toBe(1);
      const own = await Promise.all(Array.from({ length: 10 }, () => accept()));
      expect(new Set(own.map(({ id }) => id)).size).toBe(10);
    });

    it.each<CommandOutcome>([
      {
        kind: 'done',
        at: t(7),
        changes: CHANGE_SUBJECTS.map((subject) => ({ subject, name: 'n', from: 'a', to: 'b', why: 'w' })),
        notes: ['so'],
      },
      ...COMMAND_OUTCOMES.filter((kind) => kind !== 'done').map((kind) => ({ kind, at: t(7), why: 'it is over' })),
      { kind: 'refused', at: t(7), why: 'lead may not', mayNot: true },
    ])('that are $kind keep what became of them, with all that was written with it', async (outcome) => {
      const one = await accept();
      const other = await accept();
      expect(await carryOut(0, one, outcome)).toBe('committed');
      expect((await under().store.command(FLEET, one.id))?.outcome).toEqual(outcome);
      expect(await waiting()).toEqual([other.id]);
      expect((await under().store.audit(FLEET, { limit: 9 })).map(({ why }) => why)).toEqual([`command ${one.id}`]);
    });

    it('are carried out once: a second time is a conflict that leaves nothing behind', async () => {
      const one = await accept();
      await carryOut(0, one);
      expect(await carryOut(1, one, { kind: 'refused', at: t(9), why: 'twice' })).toBe('conflict');
      expect((await under().store.command(FLEET, one.id))?.outcome).toEqual(done);
      expect(await under().store.audit(FLEET, { limit: 9 })).toHaveLength(1);
      expect((await under().store.fleet(FLEET))?.version).toBe(1);
    });

    it('wait still when what they change is not written', async () => {
      const one = await accept();
      await under().store.commit(change(0));
      expect(await carryOut(0, one)).toBe('conflict');
      expect(await waiting()).toEqual([one.id]);
    });

    it('are those of one fleet', async () => {
      await under().store.saveFleet(fleetRecord(OTHER_FLEET));
      const mine = await accept({ key: 'k' });
      const other = await accept({ key: 'k' }, OTHER_FLEET);
      expect(other.id).not.toBe(mine.id);
      expect(await under().store.command(OTHER_FLEET, mine.id)).toBeUndefined();
      expect(await under().store.command(FLEET, 999_999)).toBeUndefined();
      expect(await waiting()).toEqual([mine.id]);
      await expect(carryOut(0, { ...mine, id: other.id })).rejects.toThrow(/is accepted before it is carried out/);
    });

    it('for a fleet that is not known are a fault of ours', async () => {
      await expect(accept({}, trusted.fleet('acme/nobody'))).rejects.toThrow(/is saved before/);
    });

    it('say in the history when they were given', async () => {
      const line = { ...entry('k1', 'because'), kind: 'command' as const, givenAt: t(1) };
      await under().store.commit(change(0, { audit: [line, entry('k2', 'no command')] }));
      expect(await under().store.audit(FLEET, { limit: 9 })).toStrictEqual([entry('k2', 'no command'), line]);
    });
  });
}

function scopeOf(kind: StoppableScope['kind']): StoppableScope {
  switch (kind) {
    case 'fleet':
      return { kind };
    case 'product':
      return { kind, product: 'kafka' };
    case 'release':
      return { kind, release: 'kafka-main' };
    case 'data-plane':
      return { kind, dataPlane: 'aws' };
    case 'cluster':
      return { kind, cluster: c('k1') };
  }
}
