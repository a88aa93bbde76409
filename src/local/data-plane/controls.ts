import { closest } from '../../core/manifest/did-you-mean.ts';
import type { Result } from '../../core/model/result.ts';
import type { ClusterState, Fault } from '../../ports/in-memory/simulated-clusters/cluster-state.ts';
import { describeFault } from '../../ports/in-memory/simulated-clusters/faults.ts';
import type { World } from '../../ports/in-memory/simulated-clusters/world.ts';
import { RequestError } from './http-exchange.ts';
import { parseChange, parseFault } from './requests.ts';

/** Breaks something, or fixes it. @returns what was done, in words. @throws RequestError */
export function breakSomething(world: World, body: unknown): string {
  const { on, fault } = valid(parseFault(body));
  switch (on.kind) {
    case 'data-plane': {
      if (!world.dataPlanes().includes(on.dataPlane)) throw unknownName('data plane', on.dataPlane, world.dataPlanes());
      world.silence(on.dataPlane, fault !== undefined);
      return `data plane ${on.dataPlane} ${fault === undefined ? 'answers again' : 'answers nobody now'}`;
    }
    case 'all': {
      const count = world.setFault({ kind: 'all' }, fault);
      return `${count} clusters, and those to come: ${said(fault)}`;
    }
    case 'cluster': {
      const state = find(world, on.cluster, on.dataPlane);
      if (fault?.broker !== undefined && fault.broker >= state.replicas) {
        throw new RequestError(
          400,
          'unknown-broker',
          `${state.cluster} has brokers 0 to ${state.replicas - 1}, and no broker ${fault.broker}`,
        );
      }
      world.setFault({ kind: 'cluster', cluster: state }, fault);
      return `${state.cluster}: ${said(fault)}`;
    }
  }
}

/** Changes a cluster behind the bot's back. @returns what was done, in words. @throws RequestError */
export function changeSomething(world: World, body: unknown): string {
  const { cluster, dataPlane, change } = valid(parseChange(body));
  const state = find(world, cluster, dataPlane);
  world.changeByHand(state, change);
  const parts = [
    ...(change.version === undefined ? [] : [`version ${change.version}`]),
    ...(change.image === undefined ? [] : [`image ${change.image}`]),
    ...(change.replicas === undefined ? [] : [`${change.replicas} replicas`]),
    ...Object.entries(change.config).map(([key, value]) => `${key}=${value}`),
  ];
  return `${cluster} now runs ${parts.join(', ')}, whatever it was ordered to`;
}

/** @throws RequestError 404 with the name that was probably meant; 409 when several data planes have the cluster. */
export function find(world: World, cluster: string, dataPlane: string | undefined): ClusterState {
  const found = world.named(cluster).filter((state) => dataPlane === undefined || state.dataPlane === dataPlane);
  const [only, second] = found;
  if (only === undefined) throw unknownName('cluster', cluster, world.names());
  if (second === undefined) return only;
  const planes = found.map((state) => state.dataPlane).join(', ');
  throw new RequestError(409, 'ambiguous-cluster', `several data planes have a cluster ${cluster} (${planes}): name one of them as well`);
}

function said(fault: Fault | undefined): string {
  if (fault === undefined) return 'all faults cleared';
  if (fault.kind === 'unreachable') return 'does not answer now';
  const which = fault.broker === undefined ? 'a broker' : `broker ${fault.broker}`;
  const what = { 'crash-loop': 'never gets ready', stuck: 'never comes back', slow: 'takes ten times as long' }[fault.kind];
  if (fault.version !== undefined) return `${describeFault(fault)}: ${which} that gets ${fault.version} ${what}`;
  if (fault.kind === 'slow') return `slow: ${which} that restarts ${what}`;
  return `${describeFault(fault)}: ${which} that gets anything new ${what}; what ran before still works`;
}

function unknownName(what: string, name: string, names: readonly string[]): RequestError {
  // A misspelt name, or a part of one.
  const meant = closest(name, names) ?? names.find((known) => name.length > 2 && known.includes(name));
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return new RequestError(404, `unknown-${what.replace(' ', '-')}`, `there is no ${what} ${JSON.stringify(name.slice(0, 80))}${hint}`);
}

function valid<T>(parsed: Result<T, string>): T {
  if (parsed.ok) return parsed.value;
  throw new RequestError(400, 'invalid-request', parsed.error);
}
