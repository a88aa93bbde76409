import { closest } from '../../core/manifest/did-you-mean.ts';
import { orRefuse, Refusal } from '../../http/refusal.ts';
import type { ClusterState, Fault } from '../../ports/in-memory/simulated-clusters/cluster-state.ts';
import { describeFault } from '../../ports/in-memory/simulated-clusters/faults.ts';
import type { World } from '../../ports/in-memory/simulated-clusters/world.ts';
import { parseChange, parseFault } from './requests.ts';

/** Breaks something, or fixes it. @returns what was done, in words. @throws Refusal */
export function breakSomething(world: World, body: unknown): string {
  const { on, fault } = orRefuse(parseFault(body));
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
        throw new Refusal(400, `${state.cluster} has brokers 0 to ${state.replicas - 1}, and no broker ${fault.broker}`, 'unknown-broker');
      }
      world.setFault({ kind: 'cluster', cluster: state }, fault);
      return `${state.cluster}: ${said(fault)}`;
    }
  }
}

/** Changes a cluster behind the bot's back. @returns what was done, in words. @throws Refusal */
export function changeSomething(world: World, body: unknown): string {
  const { cluster, dataPlane, change } = orRefuse(parseChange(body));
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

/** @throws Refusal 404 with the name that was probably meant; 409 when several data planes have the cluster. */
export function find(world: World, cluster: string, dataPlane: string | undefined): ClusterState {
  const found = world.named(cluster).filter((state) => dataPlane === undefined || state.dataPlane === dataPlane);
  const [only, second] = found;
  if (only === undefined) throw unknownName('cluster', cluster, world.names());
  if (second === undefined) return only;
  const planes = found.map((state) => state.dataPlane).join(', ');
  throw new Refusal(409, `several data planes have a cluster ${cluster} (${planes}): name one of them as well`, 'ambiguous-cluster');
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

function unknownName(what: string, name: string, names: readonly string[]): Refusal {
  // A misspelt name, or a part of one.
  const meant = closest(name, names) ?? names.find((known) => name.length > 2 && known.includes(name));
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return new Refusal(404, `there is no ${what} ${JSON.stringify(name.slice(0, 80))}${hint}`, `unknown-${what.replace(' ', '-')}`);
}
