import { join, resolve } from 'node:path';
import type { ClusterStatus, WorldStatus } from '../local/data-plane/status.ts';
import { readLocalState } from '../local/local-state.ts';
import { type CliIo, EXIT, Refused, UsageError } from './io.ts';
import { LOCAL_USAGE, type LocalRequest, parseLocalArguments } from './local-arguments.ts';

const TIMEOUT_MS = 10_000;

/**
 * `flotilla local ...`: breaks, changes and shows the simulated clusters of a running local mode.
 *
 * @param argv - what follows `flotilla local`.
 * @returns the exit code; see `EXIT`.
 */
export async function runLocal(argv: readonly string[], io: CliIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.out(LOCAL_USAGE);
    return EXIT.fine;
  }
  try {
    const request = parseLocalArguments(argv);
    if (request.kind === 'forge' || request.kind === 'stop') {
      const { runForge, runStop } = await import('./local-forge.ts');
      await (request.kind === 'forge' ? runForge(io) : runStop(io));
      return EXIT.fine;
    }
    io.out(`${await perform(request, dataPlaneUrl(io))}\n`);
    return EXIT.fine;
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`flotilla local: ${error.message}\n\n${LOCAL_USAGE}`);
      return EXIT.usage;
    }
    io.err(`flotilla local: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.refused;
  }
}

async function perform(request: Exclude<LocalRequest, { readonly kind: 'forge' | 'stop' }>, base: string): Promise<string> {
  switch (request.kind) {
    case 'post': {
      const headers = { 'content-type': 'application/json' };
      const answer = await ask<{ done: string }>(`${base}${request.path}`, { method: 'POST', headers, body: JSON.stringify(request.body) });
      return answer.done;
    }
    case 'status': {
      const query = request.cluster === undefined ? '' : `?cluster=${encodeURIComponent(request.cluster)}`;
      return renderStatus(await ask<WorldStatus>(`${base}/status${query}`, {}), request.cluster !== undefined);
    }
  }
}

/** @throws Refused with the reason that the simulation gives, or that it does not answer. */
async function ask<T>(url: string, init: RequestInit): Promise<T> {
  let answer: { readonly error?: { readonly message: string } };
  let good: boolean;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    good = response.ok;
    answer = (await response.json()) as typeof answer;
  } catch (cause) {
    throw new Refused(`the simulated data planes at ${new URL(url).origin} do not answer; is local mode running? Start it with npm start`, {
      cause,
    });
  }
  if (good) return answer as T;
  throw new Refused(answer.error?.message ?? 'the simulated data planes refused, and gave no reason');
}

function dataPlaneUrl(io: CliIo): string {
  const home = resolve(io.cwd, io.env['FLOTILLA_HOME'] || '.flotilla');
  const file = join(home, 'local.json');
  const state = readLocalState(home);
  if (state === undefined) {
    const hint = 'start local mode with npm start, run this in its folder, or set FLOTILLA_HOME';
    throw new Refused(`there is no local mode here (cannot read ${file}): ${hint}`);
  }
  const { dataPlaneUrl } = state;
  if (typeof dataPlaneUrl !== 'string' || !URL.canParse(dataPlaneUrl))
    throw new Refused(`${file} names no data planes: is local mode running? Start it with npm start`);
  return dataPlaneUrl.replace(/\/$/, '');
}

function renderStatus(status: WorldStatus, single: boolean): string {
  const silent = status.silentDataPlanes.map((name) => `data plane ${name} is made unreachable`);
  const lines = status.clusters.map((cluster) => (single ? details(cluster) : line(cluster)));
  return [...silent, ...lines, ...(single ? [] : [`${status.clusters.length} clusters, ${status.speed} times as fast as real ones`])].join(
    '\n',
  );
}

function line(cluster: ClusterStatus): string {
  const { inside } = cluster;
  const name = inside.cluster.padEnd(40);
  const ready = `${inside.brokers.filter((broker) => broker.state === 'ready').length}/${inside.brokers.length} ready`.padEnd(12);
  return `${name} ${inside.running.version.padEnd(10)} ${ready} ${remarks(cluster).join('; ')}`.trimEnd();
}

function details(cluster: ClusterStatus): string {
  const { inside } = cluster;
  const { accepted, running } = inside;
  const order = accepted === undefined ? 'none yet' : `epoch ${accepted.epoch}, revision ${accepted.revision}, ${accepted.mode}`;
  return [
    `${inside.cluster} (${cluster.product}) on ${inside.dataPlane}`,
    `  order     ${order}`,
    `  running   ${running.version}, ${running.replicas} replicas${running.image === undefined ? '' : `, ${running.image}`}`,
    ...Object.entries(running.config).map(([key, value]) => `            ${key}=${value}`),
    ...inside.brokers.map((broker) => `  broker ${broker.ordinal}  ${broker.version} ${broker.state}`),
    ...remarks(cluster).map((remark) => `  ${remark}`),
  ].join('\n');
}

function remarks({ inside, faults, byHand, reachable }: ClusterStatus): readonly string[] {
  return [
    ...(inside.detail === undefined ? [] : [inside.detail]),
    ...(reachable ? [] : ['unreachable']),
    ...(byHand ? ['changed by hand'] : []),
    ...faults.map((fault) => `fault: ${fault}`),
  ];
}
