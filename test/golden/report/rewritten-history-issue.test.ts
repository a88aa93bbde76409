import { expect, it } from 'vitest';
import type { Rewrite } from '../../../src/core/change/rewrite.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { type RewriteView, renderRewriteIssue, rewriteMarker } from '../../../src/core/report/rewritten-history-issue.ts';
import { at, BASE, HEAD } from '../../support/report-views.ts';

const rewrite = (over: Partial<Rewrite> = {}): Rewrite => ({
  how: 'gone',
  before: BASE,
  commit: HEAD,
  author: 'octocat',
  at: at('09:00:00'),
  changed: 41,
  stop: undefined,
  ...over,
});
const id = trusted.rollout(`${HEAD.slice(0, 12)}-0123456789abcdef`);
const moved = [{ id, release: 'kafka-all', clusters: 41 }];

const issues: Readonly<Record<string, [Rewrite, RewriteView['rollouts']]>> = {
  rewritten: [rewrite({ how: 'rewritten', changed: 0 }), []],
  gone: [rewrite(), moved],
  broken: [rewrite({ changed: undefined }), []],
  lost: [rewrite({ how: 'lost', stop: trusted.stop('72b27c7511e59717') }), moved],
  unrelated: [rewrite({ how: 'unrelated', stop: trusted.stop('72b27c7511e59717') }), moved],
};

it.each(Object.entries(issues))('the issue of a history that is %s', async (name, [told, rollouts]) => {
  const view = {
    fleet: trusted.fleet('acme/clusters'),
    rewrite: told,
    rollouts,
    fleetUrl: 'https://flotilla.example.com/fleets/acme/clusters',
  };
  const { title, body } = renderRewriteIssue(view);
  expect(body).toContain(rewriteMarker(told));
  await expect(`# ${title}\n\n${body}\n`).toMatchFileSnapshot(`rewritten-history-issue.${name}.md`);
});
