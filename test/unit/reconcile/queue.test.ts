import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { at, crashLoop, halfWay, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { type PhaseShape, type PlanShape, tuned } from '../../support/small-world/plans.ts';

const shape = (
  to: PlanShape['to'],
  members: readonly string[],
  over: Partial<PlanShape> = {},
  of: Partial<PhaseShape> = {},
): PlanShape => ({
  from: 1,
  to,
  phases: [{ members, maxConcurrent: 1, ...of }],
  ...over,
});
const AB = ['east-a', 'east-b'];

/** The first has ordered east-a; a second one has landed behind it. */
function secondLands(second: PlanShape, over = {}): Scene {
  const scene = new Scene(shape(2, AB)).decide(0);
  scene.land(second, over);
  return scene;
}
const statuses = (scene: Scene): string => scene.rollouts.map(({ state }) => state.status).join(', ');

describe('one rollout alone', () => {
  it('begins at once', () => {
    const scene = new Scene(shape(2, AB)).decide(5);
    expect(scene.state()).toMatchObject({ status: 'running', startedAt: scene.now, goingSince: scene.now });
    expect(scene.whys('rollout')).toEqual(['r1 pending -> running: nothing of its release is under way']);
  });

  it('beside another of another release', () => {
    const scene = secondLands(shape(3, ['east-c'], { rollout: { release: 'other' } }));
    expect(scene.decide(1).given).toEqual(['run east-c #1']);
  });
});

describe('a second one of the release', () => {
  it('waits for the first to end', () => {
    const scene = secondLands(shape(3, AB));
    expect(statuses(scene.decide(1))).toBe('running, pending');
    scene.go(10_000);
    expect(statuses(scene.go(20_000))).toBe('completed, running');
    expect(scene.whys('rollout')).toContain('r2 pending -> running: nothing of its release is under way');
    expect(scene.given).toEqual(['run east-a #2']);
  });

  it('starts while another that was aborted winds down; what that still moves comes to rest first', () => {
    const scene = secondLands(shape(3, AB));
    scene.change({ status: 'aborted' });
    scene.arrives('east-a', 1, { ...halfWay(1, 2) });
    scene.decide(1);
    expect(statuses(scene)).toBe('aborted, running');
    expect(scene.given.toSorted()).toEqual(['hold east-a #2', 'run east-b #1']);
  });
});

describe('takes over from the one before', () => {
  const taken = (scene: Scene): string | undefined =>
    scene
      .decide(1)
      .whys('rollout')
      .find((why) => why.startsWith('r2 pending -> running'))
      ?.slice('r2 pending -> running: takes over: '.length);

  it.each([
    ['hotfix', 'it is marked hotfix'],
    ['security', 'it is marked security'],
    ['routine', undefined],
  ] as const)('marked %s: %s', (urgency, why) => {
    expect(taken(secondLands(shape(3, AB, { rollout: { urgency } })))).toBe(why);
  });

  it('when a person said so', () => {
    expect(taken(secondLands(shape(3, AB), { takesOver: true }))).toBe('a person said so');
  });

  it('when that has ordered nothing yet', () => {
    const scene = new Scene(shape(2, AB));
    scene.stop({ scope: { kind: 'rollout', rollout: scene.state().id } });
    scene.decide(0);
    scene.land(shape(3, AB));
    expect(taken(scene)).toBe('the one before has ordered nothing yet');
  });

  describe('when it goes back on that', () => {
    const back = (names: readonly string[], to = 1) => shape(to, names, { kind: 'rollback' });

    it('on what it has ordered', () => {
      expect(taken(secondLands(back(['east-a'])))).toBe('it goes back on the one before');
    });

    it('on what it would order yet', () => {
      expect(taken(secondLands(back(['east-b'])))).toBe('it goes back on the one before');
    });

    it('on one of several', () => {
      const mixed = shape(
        new Map([
          ['east-a', 1],
          ['east-c', 3],
        ]),
        ['east-c', 'east-a'],
        { back: new Set(['east-a']) },
      );
      expect(taken(secondLands(mixed))).toBe('it goes back on the one before');
    });

    it('to an older version, with something else changed too', () => {
      expect(taken(secondLands(shape(tuned(1), AB)))).toBe('it goes back on the one before');
      expect(taken(secondLands(shape(tuned(2), AB)))).toBeUndefined();
    });

    it('not on others', () => {
      expect(taken(secondLands(back(['east-c'])))).toBeUndefined();
    });

    it('not to what that brings too', () => {
      expect(taken(secondLands(back(AB, 2)))).toBeUndefined();
    });

    it('not on what it has given up without touching it', () => {
      const scene = secondLands(back(['east-b']));
      scene.changeTarget('east-b', { status: 'skipped' });
      expect(taken(scene)).toBeUndefined();
    });
  });

  describe('when that was stopped by failure', () => {
    /** East-a fails, which stops the rollout and puts version 1.2.0 in quarantine. */
    function failed(second: PlanShape): Scene {
      const scene = new Scene(shape(2, AB)).decide(0);
      for (const ms of [-2_000, -1_000]) {
        scene.arrives('east-a', ms, crashLoop(2));
        scene.decide(ms);
      }
      expect(scene.held).toHaveLength(2);
      scene.land(second);
      return scene;
    }

    it('and leaves what failed', () => {
      expect(taken(failed(shape(3, AB)))).toBe('the one before was stopped by failure, and this leaves what failed');
    });

    it('not with what failed', () => {
      expect(taken(failed(shape(2, AB)))).toBeUndefined();
      expect(
        taken(
          failed(
            shape(
              new Map([
                ['east-a', 3],
                ['east-b', 2],
              ]),
              AB,
            ),
          ),
        ),
      ).toBeUndefined();
    });

    it('not with one of several that failed', () => {
      const scene = failed(shape(3, AB));
      const traits = [{ path: 'version', value: '1.3.0' }];
      scene.stop({ scope: { kind: 'version', product: 'kafka', traits }, cause: 'quarantine', rollout: scene.state().id });
      expect(taken(scene)).toBeUndefined();
    });

    it('also with what failed, where that was proven', () => {
      const scene = failed(shape(2, ['east-c'], { from: 2 }));
      expect(taken(scene)).toBe('the one before was stopped by failure, and this leaves what failed');
    });

    it('not with what failed, for a cluster that is new', () => {
      expect(taken(failed(shape(2, ['east-c'], { from: new Map() })))).toBeUndefined();
    });

    it('not where no version is to blame', () => {
      const scene = failed(shape(3, AB));
      scene.stops = scene.stops.filter(({ cause }) => cause !== 'quarantine');
      expect(taken(scene)).toBeUndefined();
    });

    it('not by the quarantine of another rollout', () => {
      const scene = failed(shape(3, AB));
      scene.stops = scene.stops.map((stop) => (stop.cause === 'quarantine' ? { ...stop, rollout: trusted.rollout('r0') } : stop));
      expect(taken(scene)).toBeUndefined();
    });

    it('also with what a person stopped: only what failed is to be left', () => {
      const scene = failed(shape(3, AB));
      const traits = [{ path: 'version', value: '1.3.0' }];
      scene.stop({ scope: { kind: 'version', product: 'kafka', traits }, cause: 'aborted', rollout: scene.state().id });
      expect(taken(scene)).toBe('the one before was stopped by failure, and this leaves what failed');
    });

    it('not by a person alone', () => {
      const scene = secondLands(shape(3, AB));
      scene.stop({ scope: { kind: 'rollout', rollout: scene.state().id } });
      const traits = [{ path: 'version', value: '1.2.0' }];
      scene.stop({ scope: { kind: 'version', product: 'kafka', traits }, cause: 'quarantine', rollout: scene.state().id });
      expect(taken(scene)).toBeUndefined();
    });
  });
});

describe('once it takes over', () => {
  const takenOver = (): Scene => {
    const scene = secondLands(shape(3, AB), { takesOver: true });
    scene.arrives('east-a', 1, halfWay(1, 2));
    return scene.decide(1);
  };

  it('the one before winds down under its own orders', () => {
    const scene = takenOver();
    expect(statuses(scene)).toBe('superseded, running');
    expect(scene.state().supersededBy).toBe('r2');
    expect(scene.given.toSorted()).toEqual(['hold east-a #2', 'run east-b #1']);
    expect(scene.hold('east-a', 1)).toBe('other-rollout: r1');
    expect(scene.target('east-b')).toMatchObject({ status: 'superseded', supersededBy: 'r2', detail: 'taken over by rollout r2' });
  });

  it('its place in line is that of the older one', () => {
    expect(takenOver().state(1).inLineSince).toBe(1);
    const other = secondLands(shape(3, AB), { takesOver: true, inLineSince: 0 });
    expect(other.decide(1).state(1).inLineSince).toBe(0);
  });

  it('what the older one leaves half-way is rescued', () => {
    const scene = takenOver();
    scene.arrives('east-a', 10_000, { ...halfWay(1, 2), held: true });
    scene.arrives('east-b', 10_000);
    scene.decide(10_000);
    expect(scene.target('east-a').status).toBe('superseded');
    expect(scene.state().finishedAt).toBe(scene.now);
    expect(scene.target('east-a', 1).rescue).toBe(true);
  });
});

describe('what its targets were left as', () => {
  const begun = (edit: (scene: Scene) => void): boolean => {
    const scene = new Scene(shape(3, ['east-c', 'east-a']));
    edit(scene);
    scene.see(seen('east-a', 1, halfWay(1, 2)));
    return scene.decide(0).target('east-a').rescue;
  };

  it.each([
    ['nothing was ever ordered', () => {}, false],
    ['an order of another rollout was never proven', (scene: Scene) => scene.ordered('east-a', 2), true],
    ['its order was proven', (scene: Scene) => prove(scene, 'r0'), false],
    ['it was proven by a rollout before its order', (scene: Scene) => prove(scene, 'r7'), true],
    ['it was found there after its order', (scene: Scene) => prove(scene, 'r7', 'adopted'), false],
    ['it was found there before its order', (scene: Scene) => prove(scene, 'r7', 'adopted', at(-1_001)), true],
    ['the order is of this rollout', (scene: Scene) => scene.ordered('east-a', 2, { rollout: scene.state().id }), false],
  ])('%s', (_, edit, rescue) => {
    expect(begun(edit)).toBe(rescue);
  });

  /** Ordered to what it is proven at, a second before the beginning. */
  function prove(scene: Scene, by: string, proof: 'soaked' | 'adopted' = 'soaked', when = at(-1_000)): void {
    scene.ordered('east-a', 1);
    const entry = scene.entry('east-a');
    const proven = entry.proven.map((top) => ({ ...top, proof, at: when, rollout: trusted.rollout(by) }));
    scene.ledger.set(entry.cluster, { ...entry, proven });
  }

  it('only those that wait go first', () => {
    const scene = new Scene(shape(3, AB));
    scene.ordered('east-a', 2);
    scene.changeTarget('east-a', { status: 'skipped' });
    expect(scene.decide(0).target('east-a').rescue).toBe(false);
  });
});

describe('several pending', () => {
  it('become one: the newest plans for all', () => {
    const scene = secondLands(shape(3, ['east-a']));
    scene.land(shape(4, AB));
    scene.decide(1);
    expect(statuses(scene)).toBe('running, superseded, pending');
    expect(scene.state(1)).toMatchObject({ supersededBy: 'r3', finishedAt: scene.now });
    expect(scene.target('east-a', 1)).toMatchObject({ status: 'superseded', supersededBy: 'r3' });
    expect(scene.state(2).inLineSince).toBe(2);
    expect(scene.whys('rollout')).toEqual(['r2 pending -> superseded: rollout r3 plans for all of it']);
  });

  it('the wish of a person that one takes over goes over to it', () => {
    const scene = secondLands(shape(3, ['east-a']), { takesOver: true });
    scene.land(shape(4, AB));
    scene.decide(1);
    expect(statuses(scene)).toBe('superseded, superseded, running');
    expect(scene.state(2)).toMatchObject({ takesOver: true, inLineSince: 1 });
  });

  it('of several releases each has its line', () => {
    const scene = secondLands(shape(3, ['east-a']));
    scene.land(shape(4, ['west-a'], { rollout: { release: 'other' } }));
    expect(statuses(scene.decide(1))).toBe('running, pending, running');
  });

  it('the newest begins where nothing is under way', () => {
    const scene = new Scene(shape(2, AB));
    scene.land(shape(3, AB));
    expect(statuses(scene.decide(0))).toBe('superseded, running');
    scene.see(seen('east-a', 1));
    expect(scene.given).toEqual(['run east-a #1']);
    expect(scene.order('east-a').spec.version).toBe('1.3.0');
  });
});

describe('a cluster that the one before had given up unseen', () => {
  const UNREACHABLE_AFTER_MS = 300_000;

  /** East-a is ordered, and moves; east-b was never seen when its turn came; a second one has taken over. */
  function secondTakesOver(): Scene {
    const scene = new Scene(shape(2, AB, {}, { maxConcurrent: 2 }));
    scene.see(unseen('east-b'));
    scene.decide(0);
    scene.arrives('east-a', UNREACHABLE_AFTER_MS, halfWay(1, 2));
    scene.see(unseen('east-b'), UNREACHABLE_AFTER_MS);
    scene.decide(UNREACHABLE_AFTER_MS);
    scene.land(shape(3, AB, { rollout: { urgency: 'hotfix' } }, { maxConcurrent: 2 }));
    return scene.decide(UNREACHABLE_AFTER_MS);
  }

  it('stays given up while the second one has it before itself', () => {
    const scene = secondTakesOver();
    expect([scene.statuses(0), scene.statuses(1)]).toEqual(['east-a held, east-b unreachable', 'east-a waiting, east-b waiting']);
  });

  it.each([
    ['starts it', 1, 'applying'],
    ['finds it there already', 3, 'skipped'],
  ] as const)('is taken over in the decision in which the second one %s', (_what, runs, status) => {
    const scene = secondTakesOver();
    scene.see(seen('east-b', runs), UNREACHABLE_AFTER_MS + 1);
    scene.decide(UNREACHABLE_AFTER_MS + 1);
    expect([scene.target('east-b', 0).status, scene.target('east-b', 1).status]).toEqual(['superseded', status]);
    expect(scene.decide(UNREACHABLE_AFTER_MS + 1).whys('target')).toEqual([]);
  });
});
