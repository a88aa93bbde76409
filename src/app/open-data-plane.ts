import { SimulatedDataPlane } from '../adapters/simulated/data-plane-http.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataPlane } from '../ports/data-plane.ts';
import { PortError } from '../ports/port-error.ts';
import type { DescribedDataPlane } from '../ports/ports.ts';
import type { AppConfig } from './config.ts';
import { isForManifests } from './manifest-variables.ts';

/** Where the simulated data planes are when a Fleet manifest names no variable of its own; local mode sets it. */
const SIMULATED_URL = 'FLOTILLA_SIMULATED_URL';

/** @throws PortError that a person must act on, with the fix; it shows the name of a variable, never what it holds. */
export function openDataPlane(described: DescribedDataPlane, environment: AppConfig['environment'], clock: Clock): DataPlane {
  const { name, kind, urlFromEnv: variable = SIMULATED_URL } = described;
  if (kind !== 'simulated')
    throw refusal(`data plane ${name} is of kind ${kind}, which this version cannot reach yet; only simulated can be`);
  if (!isForManifests(variable))
    throw refusal(
      `data plane ${name}: \`urlFromEnv\` in the Fleet manifest names ${variable}, but a manifest may only name variables that begin with FLOTILLA_; ` +
        'give the bot the address in such a variable, and name that one',
    );
  const url = environment[variable];
  if (url === undefined || !URL.canParse(url)) throw refusal(`data plane ${name}: the variable ${variable} holds no address`);
  return new SimulatedDataPlane(name, url, clock);
}

const refusal = (message: string): PortError =>
  new PortError({ port: 'data-plane', operation: 'open', retry: { kind: 'needs-human' }, message });
