import { describe, expect, it } from 'vitest';
import { VERBS } from '../../../src/core/command/command.ts';
import { parseLine } from '../../../src/core/command/parse-words.ts';
import { VERB_FORMS } from '../../../src/core/command/verb-forms.ts';
import { instant } from '../../../src/core/model/time.ts';

const NOW = instant(Date.parse('2026-11-21T10:00:00Z'));

function read(line: string): Record<string, unknown> | string {
  const parsed = parseLine(line, NOW);
  return parsed.ok ? Object.fromEntries(Object.entries(parsed.value).filter(([, value]) => value !== undefined)) : parsed.error;
}

const STOP = '0123456789abcdef';

describe('a line', () => {
  it.each<[string, Record<string, unknown>]>([
    ['', { verb: 'help' }],
    ['help me', { verb: 'help' }],
    ['pause', { verb: 'pause' }],
    ['PAUSE release:kafka', { verb: 'pause', release: 'kafka' }],
    ['pause release=kafka --reason "latency is up"', { verb: 'pause', release: 'kafka', reason: 'latency is up' }],
    ['pause --release kafka --reason=slow', { verb: 'pause', release: 'kafka', reason: 'slow' }],
    ['pause —reason “it’s slow”', { verb: 'pause', reason: 'it’s slow' }],
    [`resume ${STOP}`, { verb: 'resume', stop: STOP }],
    ['approve 0123456789ABCDEF', { verb: 'approve', digest: STOP }],
    [`approve rest ${STOP}`, { verb: 'approve', phase: 'rest', digest: STOP }],
    [`approve rest@${STOP}`, { verb: 'approve', phase: 'rest', digest: STOP }],
    ['retry cluster:kafka-1', { verb: 'retry', cluster: 'kafka-1' }],
    ['expedite for:2h reason:"a fix"', { verb: 'expedite', until: NOW + 7_200_000, reason: 'a fix' }],
    [`lift ${STOP} --reason fixed`, { verb: 'lift', stop: STOP, reason: 'fixed' }],
    ['stop fleet', { verb: 'stop', scope: { kind: 'fleet' }, lets: 'nothing' }],
    ['stop data-plane:east lets:rollbacks', { verb: 'stop', scope: { kind: 'data-plane', dataPlane: 'east' }, lets: 'rollbacks' }],
    ['reconcile kafka', { verb: 'reconcile', release: 'kafka' }],
  ])('%s', (line, wanted) => {
    expect(read(line)).toEqual(wanted);
  });

  it.each<[string, RegExp]>([
    ['puase', /did you mean `\/fleet pause`/],
    ['dance', /`\/fleet help` lists them/],
    ['__proto__', /there is no command/],
    ['pause latency is up', /`\/fleet pause --reason "latency is up"`/],
    ['pause phase:rest', /takes no phase/],
    ['pause --raeson x', /did you mean reason/],
    ['pause --reason "open', /never closed/],
    ['pause --reason', /has no value/],
    ['pause release:a release:b', /twice/],
    ['abort', /say why/],
    ['skip kafka-1 --reason x', /cluster:NAME/],
    ['approve phase:rest not-a-digest', /a reason needs its name/],
    ['retry cluster:../x', /not a cluster name/],
    ['lift --reason x', /which stop/],
    ['stop', /say what to stop/],
    ['stop fleet cluster:a', /one thing to stop/],
    ['stop fleet for:soon', /duration like/],
    ['stop fleet lets:all', /one of nothing, rollbacks/],
    ['expedite for:1h until:2026-11-21T18:00:00Z --reason x', /not both/],
    ['reconcile', /which release/],
  ])('%s is refused, with what to write instead', (line, words) => {
    expect(read(line)).toMatch(words);
  });

  it('as every example of the help says it is understood', () => {
    for (const verb of VERBS) expect(read(VERB_FORMS[verb].example.replace('/fleet ', ''))).toMatchObject({ verb });
  });
});
