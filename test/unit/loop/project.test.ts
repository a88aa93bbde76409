import { describe, expect, it } from 'vitest';
import { isProjected, projectComment, projectIssue } from '../../../src/loop/project.ts';
import type { CodeHost } from '../../../src/ports/code-host.ts';
import { FLEET, fleetRecord, OTHER_FLEET } from '../../support/state/builders.ts';
import { loopOf, ProjectionsInMemory } from './fake-ports.ts';

type CommentWrite = Parameters<CodeHost['writeComment']>[0];

/** Comments by id, found again by their marker where that is asked for. */
class CommentsInMemory {
  readonly comments = new Map<number, CommentWrite>();
  readonly asked: CommentWrite[] = [];
  /** What becomes of the next writes: `lost` ones go through, and nobody learns of it. */
  outcomes: ('refused' | 'lost')[] = [];

  readonly writeComment = async (comment: CommentWrite): Promise<{ readonly id: number }> => {
    this.asked.push(comment);
    const outcome = this.outcomes.shift();
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (outcome === 'refused') throw new Error('502');
    const adopted = comment.adopt ? [...this.comments].find(([, { marker }]) => marker === comment.marker)?.[0] : undefined;
    const id = comment.id ?? adopted ?? this.comments.size + 1;
    this.comments.set(id, comment);
    if (outcome === 'lost') throw new Error('timeout');
    return { id };
  };
}

function world() {
  const host = new CommentsInMemory();
  const store = new ProjectionsInMemory();
  const loop = loopOf({ store, host });
  const write = (body: string, key = 'comment:7', fleet = fleetRecord()) =>
    projectComment(loop, fleet, key, { pull: 7, body, marker: `<!-- ${fleet.id} ${key} -->` });
  return { host, store, loop, write };
}

describe('a comment', () => {
  it('is made once, edited in place, and not written when it reads as before', async () => {
    const { host, write } = world();
    await write('one');
    await write('one');
    await write('two');
    await write('one');
    expect(host.asked.map(({ id, body }) => [id, body])).toEqual([
      [undefined, 'one'],
      [1, 'two'],
      [1, 'one'],
    ]);
  });

  it('is looked for before it is made again, when nobody knows whether it was made', async () => {
    const { host, write } = world();
    host.outcomes = ['lost'];
    await expect(write('one')).rejects.toThrow('timeout');
    await write('one');
    expect(host.asked.map(({ adopt }) => adopt)).toEqual([false, true]);
    expect(host.comments.size).toBe(1);
  });

  it('is written again after a failure, though it reads as it was meant to read then', async () => {
    const { host, write } = world();
    await write('one');
    host.outcomes = ['refused'];
    await expect(write('two')).rejects.toThrow('502');
    await write('two');
    expect(host.comments.get(1)?.body).toBe('two');
  });

  it('is one, when two jobs write it at once; the later one is what stays', async () => {
    const { host, write } = world();
    await Promise.all([write('plan'), write('rollout'), write('rollout, a moment later')]);
    expect(host.comments.size).toBe(1);
    expect(host.comments.get(1)?.body).toBe('rollout, a moment later');
  });

  it('is written although the write before it, of another job, failed', async () => {
    const { host, write } = world();
    host.outcomes = ['refused'];
    const [first, second] = await Promise.allSettled([write('plan'), write('rollout')]);
    expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
    expect(host.comments.get(1)?.body).toBe('rollout');
  });

  it('waits for none of another key, or of another fleet', async () => {
    const { host, loop, write } = world();
    await Promise.all([write('a'), write('b', 'comment:8'), write('c', 'comment:7', fleetRecord(OTHER_FLEET))]);
    expect([...host.comments.values()].map(({ body }) => body).sort()).toEqual(['a', 'b', 'c']);
    expect(loop.memory.get(FLEET)?.writing.size).toBe(0);
  });
});

describe('an issue', () => {
  it('is known as soon as it is begun, and remembers whether it is open', async () => {
    const store = new ProjectionsInMemory();
    const states: string[] = [];
    const loop = loopOf({
      store,
      host: {
        writeIssue: async ({ state }) => {
          states.push(state);
          expect(await isProjected(loop, fleetRecord(), 'issue:x')).toBe(true);
          return { number: 3 };
        },
      },
    });
    const issue = { title: 'Drift', body: 'text', labels: [], marker: '<!-- x -->' };
    expect(await isProjected(loop, fleetRecord(), 'issue:x')).toBe(false);
    await projectIssue(loop, fleetRecord(), 'issue:x', { ...issue, state: 'open' });
    expect((await store.projection(FLEET, 'issue:x'))?.memo['state']).toBe('open');
    await projectIssue(loop, fleetRecord(), 'issue:x', { ...issue, state: 'closed' });
    expect((await store.projection(FLEET, 'issue:x'))?.memo['state']).toBe('closed');
    expect(states).toEqual(['open', 'closed']);
  });
});
