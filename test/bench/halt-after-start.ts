import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listOf, maybe, object, text } from '../../src/core/model/decode.ts';
import { LocalRun } from '../../src/local/demo/local-run.ts';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from '../../src/local/seed.ts';
import { freePort } from '../support/http/free-port.ts';
import { atMost, type Figure, noGoal, quantile } from './figure.ts';

const GENERATOR = join(import.meta.dirname, '../../src/cli/generate-fleet.ts');
const ROUNDS = 10;
const GOAL_S = 1;
const ASK_EVERY_MS = 5;

/**
 * G8: the bot of 2,000 clusters is killed, and started again; from the start of the process to the answer that a halt is accepted, and
 * thus durable.
 */
export async function haltAfterStart(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'));
  const manifests = join(folder, 'fleet');
  execFileSync(process.execPath, [GENERATOR, '--clusters', '2000', '--out', manifests], { stdio: ['ignore', 'ignore', 'inherit'] });
  const run = await LocalRun.create(60, { FLOTILLA_MANIFESTS: manifests, PORT: String(await freePort()) });
  try {
    await run.start();
    await inForce(run);
    const bot = await rounds(run, async () => run.kill());
    const both = await rounds(run, async () => {
      killDatabase(run);
      await run.kill();
    });
    return [...figures('bot killed', bot), ...figures('bot and database killed', both)];
  } finally {
    await run.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The manifests of the first start are read, and 2,000 clusters are known. */
async function inForce(run: LocalRun): Promise<void> {
  const { botUrl, users } = run.state;
  const token = users[0]?.token ?? '';
  const headers = { authorization: `Bearer ${token}` };
  for (;;) {
    const { goodHead } = fleetJson(await (await fetch(`${botUrl}${FLEET}`, { headers })).json());
    if (goodHead !== undefined) return;
    await sleep(200);
  }
}

interface Round {
  readonly acceptedMs: number;
  readonly readyMs: number;
}

function figures(what: string, all: readonly Round[]): readonly Figure[] {
  const accepted = all.map(({ acceptedMs }) => acceptedMs / 1_000);
  return [
    atMost('G8', `start to accepted halt, ${what}, p50`, quantile(accepted, 0.5), 's', GOAL_S),
    atMost('G8', `start to accepted halt, ${what}, p95`, quantile(accepted, 0.95), 's', GOAL_S),
    noGoal(
      'G8',
      `start to ready, ${what}, p50`,
      quantile(
        all.map(({ readyMs }) => readyMs / 1_000),
        0.5,
      ),
      's',
    ),
  ];
}

async function rounds(run: LocalRun, kill: () => Promise<void>): Promise<readonly Round[]> {
  const all: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { botUrl = '', users } = run.state;
    const token = users[0]?.token ?? '';
    await kill();
    const began = performance.now();
    const ready = run.start();
    const command = await accepted(botUrl, token, `${began}`);
    all.push({ acceptedMs: performance.now() - began, readyMs: await ready });
    await lift(botUrl, token, command);
  }
  return all;
}

/** Asks until somebody answers that the halt is accepted. @returns where the command can be looked at. */
async function accepted(url: string, token: string, key: string): Promise<string> {
  for (;;) {
    const answer = await post(`${url}${FLEET}/stop`, token, { scope: 'fleet' }, { 'idempotency-key': key, prefer: 'respond-async' }).catch(
      () => undefined,
    );
    if (answer?.ok === true) return answer.headers.get('location') ?? '';
    if (answer !== undefined && answer.status !== 503)
      throw new Error(`the halt was answered with ${answer.status}: ${await answer.text()}`);
    await sleep(ASK_EVERY_MS);
  }
}

/** The next round halts a fleet that moves. */
async function lift(url: string, token: string, command: string): Promise<void> {
  for (;;) {
    const { outcome } = commandJson(await (await fetch(`${url}${command}`, { headers: { authorization: `Bearer ${token}` } })).json());
    if (outcome !== undefined) {
      const answer = await post(`${url}${FLEET}/stops/${outcome.changes[0]?.name}/lift`, token, {}, {});
      if (answer.ok) return;
      throw new Error(`the stop was not lifted: ${await answer.text()}`);
    }
    await sleep(50);
  }
}

const fleetJson = object({ goodHead: maybe(text) });
const commandJson = object({ outcome: maybe(object({ changes: listOf(object({ name: text })) })) });
const FLEET = `/api/fleets/${EXAMPLE_OWNER}/${EXAMPLE_NAME}`;

function post(url: string, token: string, body: object, headers: Readonly<Record<string, string>>): Promise<Response> {
  const content = JSON.stringify({ by: 'bench', reason: 'to see how long it takes', ...body });
  return fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}`, ...headers }, body: content });
}

/** As a crash of the server would: no shutdown, no checkpoint. */
function killDatabase(run: LocalRun): void {
  const pid = Number(readFileSync(join(run.home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  if (Number.isInteger(pid) && pid > 1) process.kill(pid, 'SIGKILL');
}
