import { expect, it } from 'vitest';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { activeFleet } from '../../../src/loop/active-fleet.ts';
import { loadManifests } from '../../../src/loop/load-manifests.ts';
import { inMemoryManifestParser } from '../../../src/ports/in-memory/manifest-parser.ts';
import type { ManifestParser } from '../../../src/ports/manifest-parser.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';

const SLOW = 'a:\n\tb: 1\n'.repeat(1_000);
/** Valid each for itself, and twice the same. */
const CLUSTER = `apiVersion: flotilla.dev/v1
kind: Cluster
metadata: { name: twin }
spec: { product: kafka, dataPlane: east, replicas: 3 }
`;
const PADDED = `${CLUSTER}${`# ${'x'.repeat(100)}\n`.repeat(50)}`;

it('leaves what is slow to read to the parser, and finding places in it as well; and reads each text once', async () => {
  const bot = await TestBot.begin();
  const head = bot.git.commit({ 'slow.yaml': SLOW, 'again.yaml': SLOW, 'one.yaml': CLUSTER, 'two.yaml': PADDED });
  const asked: string[] = [];
  const parser: ManifestParser = {
    parse: (content) => {
      asked.push(`parse ${content.kind === 'text' ? content.text.length : content.kind}`);
      return inMemoryManifestParser.parse(content);
    },
    locate: (text, places) => {
      asked.push(`locate in ${text.length}`);
      return inMemoryManifestParser.locate(text, places);
    },
  };
  const loop = { ...bot.loop, ports: { ...bot.loop.ports, parser } };
  const fleet = await activeFleet(bot.store, FLEET);
  if (fleet === undefined) throw new Error('there is a fleet');
  const { problems } = await loadManifests(loop, fleet, head);
  expect(asked).toEqual([`parse ${SLOW.length}`, `locate in ${PADDED.length}`]);
  const inSlow = problems.filter(({ file }) => file === 'slow.yaml').map(({ file: _file, ...problem }) => problem);
  expect(inSlow).toEqual(parseFile({ kind: 'text', text: SLOW }).problems);
  expect(problems.find(({ file, line }) => file === 'two.yaml' && line === 3)?.message).toContain('twin');
});
