/**
 * The world of local mode, a process of its own: the forge and the simulated data planes. It stands for what
 * the bot finds outside, so it goes on when the bot is killed, and remembers everything when it is killed itself.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopLeftServer } from '../adapters/postgres/stop-server.ts';
import { createLog } from '../app/log.ts';
import { instant } from '../core/model/time.ts';
import { startDataPlaneServer } from './data-plane/data-plane-server.ts';
import { loadExample } from './example.ts';
import { startForge } from './forge/forge.ts';
import { createPages } from './forge/pages/pages.ts';
import { lives } from './left-behind.ts';
import { readLocalState, writeLocalState } from './local-state.ts';
import { seedForge } from './seed.ts';

/** The world ends by itself when no bot has lived for this long, so that a killed bot leaves nothing behind for ever. */
const LONELY_MS = 15 * 60_000;

const [home = '', manifests = '', forgePort = '0', dataPlanePort = '0'] = process.argv.slice(2);
const state = readLocalState(home);
if (state === undefined) throw new Error(`${home} holds no local.json`);
const log = createLog(process.env['LOG_LEVEL'] ?? 'warn', [state.webhookSecret]);
const clock = { now: () => instant(Date.now()) };
const current = () => readLocalState(home) ?? state;

await tell('it reads the manifests');
const example = loadExample(manifests, clock.now());
const dataPlane = await startDataPlaneServer({
  home: join(home, 'data-plane'),
  port: Number(dataPlanePort),
  clock,
  speed: state.speed,
  seed: 'flotilla',
  log,
});
await tell(`it makes ${example.clusters.length} clusters`);
dataPlane.seed(example.clusters);
const pages = createPages({ dataPlaneUrl: () => dataPlane.url, botUrl: () => current().botUrl });
const forge = await startForge({
  home: join(home, 'forge'),
  port: Number(forgePort),
  now: clock.now,
  app: {
    id: state.appId,
    slug: 'flotilla',
    privateKeyPem: readFileSync(join(home, 'app.pem'), 'utf8'),
    webhookSecret: state.webhookSecret,
  },
  webhookUrl: () => {
    const { botPid, botUrl } = current();
    // The port of a bot that was killed may be another program's by now.
    return botUrl === undefined || !lives(botPid) ? undefined : `${botUrl}/api/github/webhooks`;
  },
  log,
  pages,
});
await tell(`it fills the repository with ${example.files.size} files`);
const users = await seedForge(forge, example);
writeLocalState(home, { ...current(), worldPid: process.pid, forgeUrl: forge.url, dataPlaneUrl: dataPlane.url, users });
if (process.connected) process.disconnect();

let lonelySince = Date.now();
const watch = setInterval(() => {
  const { botPid, worldStartedBy } = current();
  if (worldStartedBy === 'person' || lives(botPid)) lonelySince = Date.now();
  else if (Date.now() - lonelySince > LONELY_MS) void stopLeftServer(join(home, 'postgres')).then(stop);
}, 5_000);

process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());

/** To whoever started this and waits. It may be gone; then nobody wants to know. */
function tell(doing: string): Promise<void> {
  return new Promise((told) => {
    if (process.connected && process.send !== undefined) process.send(doing, () => told());
    else told();
  });
}

async function stop(): Promise<void> {
  clearInterval(watch);
  // Its end is meant: no bot starts again what a person has ended.
  if (current().worldStartedBy === 'person') writeLocalState(home, { ...current(), worldPid: undefined });
  await Promise.allSettled([forge.close(), dataPlane.close()]);
  // A bot that was cut off while it stopped leaves its database to us.
  if (!lives(current().botPid)) await stopLeftServer(join(home, 'postgres')).catch(() => undefined);
  process.exit(0);
}
