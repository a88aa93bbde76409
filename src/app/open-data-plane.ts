import { KubeconfigConnection } from '../adapters/kubernetes/connection.ts';
import { KubernetesDataPlane } from '../adapters/kubernetes/data-plane-kubernetes.ts';
import type { SaidOfWorkloads } from '../adapters/kubernetes/workload.ts';
import { SimulatedDataPlane } from '../adapters/simulated/data-plane-http.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataPlane } from '../ports/data-plane.ts';
import { PortError } from '../ports/port-error.ts';
import type { DescribedDataPlane } from '../ports/ports.ts';
import type { AppConfig } from './config.ts';
import { isForManifests } from './manifest-variables.ts';

/** Where the simulated data planes are when a Fleet manifest names no variable of its own; local mode sets it. */
const SIMULATED_URL = 'FLOTILLA_SIMULATED_URL';

/** What an adapter is told of the fleet that it is opened for. */
export interface OpenedFor {
  readonly fleet: FleetId;
  /** Which object of the data plane is which cluster; `undefined` while no manifests were read. */
  readonly workloads: () => Promise<SaidOfWorkloads | undefined>;
}

/** @throws PortError that a person must act on, with the fix; it shows the name of a variable, never what it holds. */
export function openDataPlane(
  described: DescribedDataPlane,
  environment: AppConfig['environment'],
  clock: Clock,
  { fleet, workloads }: OpenedFor,
): DataPlane {
  const { name, kind, context } = described;
  if (kind === 'kubernetes') {
    // Without a variable of its own, the kubeconfig is where kubectl has it, or that of the pod in which the bot runs.
    const files = described.urlFromEnv === undefined ? undefined : variableOf(described, described.urlFromEnv, environment);
    return new KubernetesDataPlane({ name, fleet, connection: new KubeconfigConnection({ context, files }), clock, workloads });
  }
  if (kind !== 'simulated')
    throw refusal(`data plane ${name} is of kind ${kind}, which this version cannot reach yet; simulated and kubernetes can be`);
  const variable = described.urlFromEnv ?? SIMULATED_URL;
  const url = variableOf(described, variable, environment);
  if (!URL.canParse(url)) throw refusal(`data plane ${name}: the variable ${variable} holds no address`);
  return new SimulatedDataPlane(name, url, clock);
}

/** @throws PortError when a manifest may not name it, or nobody has set it. */
function variableOf({ name, kind }: DescribedDataPlane, variable: string, environment: AppConfig['environment']): string {
  if (!isForManifests(variable))
    throw refusal(
      `data plane ${name}: \`urlFromEnv\` in the Fleet manifest names ${variable}, but a manifest may only name variables that begin with FLOTILLA_; ` +
        'give the bot the address in such a variable, and name that one',
    );
  const value = environment[variable];
  if (value !== undefined && value !== '') return value;
  throw refusal(`data plane ${name}: the variable ${variable} holds no ${kind === 'kubernetes' ? 'path of a kubeconfig' : 'address'}`);
}

const refusal = (message: string): PortError =>
  new PortError({ port: 'data-plane', operation: 'open', retry: { kind: 'needs-human' }, message });
