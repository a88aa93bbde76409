import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManifestParserThread } from '../../src/adapters/parser/manifest-parser-thread.ts';
import { MAX_CHARS_AT_ONCE, MAX_DOCUMENTS_PER_FILE, MAX_FILE_BYTES } from '../../src/core/manifest/limits.ts';
import { activeFleet } from '../../src/loop/active-fleet.ts';
import { loadManifests } from '../../src/loop/load-manifests.ts';
import { FLEET, TestBot } from '../support/loop/bot.ts';
import { atMost, type Figure, noGoal } from './figure.ts';

const GOAL_MS = 50;
const DOCUMENT_CHARS = Math.floor(MAX_FILE_BYTES / MAX_DOCUMENTS_PER_FILE);

const filled = (part: string, chars: number): string => part.repeat(Math.floor(chars / part.length));
/** As many documents as a file may have, each of them full of one thing. */
const documents = (part: string): string => filled(`${filled(part, DOCUMENT_CHARS - 4)}---\n`, MAX_FILE_BYTES).replace(/---\n$/, '');

/** What was found to take longest of all that a file of this size can hold. */
const HOSTILE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'tabs in every document': { 'hostile.yaml': documents('a:\n\tb: 1\n') },
  'templates in every document': { 'hostile.yaml': documents('a: {{ x }}\n') },
  'aliases in every document': { 'hostile.yaml': documents('- *a\n') },
  'quotes that never end': { 'hostile.yaml': filled('a: "x\n', MAX_FILE_BYTES / 16) },
  'a megabyte of comments': { 'hostile.yaml': filled('# c\n', MAX_FILE_BYTES) },
  '2,000 small files': Object.fromEntries(
    Array.from({ length: 2_000 }, (_, nth) => [`hostile-${nth}.yaml`, `# ${nth}\n${filled('a:\n\tb: 1\n', MAX_CHARS_AT_ONCE - 10)}`]),
  ),
};

/** G13, its second half: a pull request brings files that were written to be slow to read, and the bot has others to care for. */
export async function manifestStall(): Promise<readonly Figure[]> {
  const parser = new ManifestParserThread();
  const figures: Figure[] = [];
  let longest = 0;
  for (const [what, files] of Object.entries(HOSTILE)) {
    const bot = await TestBot.begin();
    const head = bot.git.commit(files);
    const fleet = await activeFleet(bot.store, FLEET);
    if (fleet === undefined) throw new Error('there is a fleet');
    const loop = { ...bot.loop, ports: { ...bot.loop.ports, parser } };
    const stallMs = await longestStall(() => loadManifests(loop, fleet, head));
    longest = Math.max(longest, stallMs);
    figures.push(noGoal('G13', `longest stall while reading ${what}`, stallMs, 'ms'));
  }
  figures.push(noGoal('G13', 'longest stall while nothing is read: what the machine adds', await longestStall(() => sleep(2_000)), 'ms'));
  await parser.close();
  return [atMost('G13', 'longest stall that a manifest of a pull request causes', longest, 'ms', GOAL_MS), ...figures];
}

async function longestStall(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await sleep(10);
  delay.enable();
  await work();
  await sleep(10);
  delay.disable();
  return delay.max / 1e6;
}
