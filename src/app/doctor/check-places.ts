import { workloadsOn } from '../../adapters/kubernetes/workload.ts';
import { lookAtDatabase } from '../../adapters/postgres/look.ts';
import { computeDesired } from '../../core/desired/compute-desired.ts';
import type { FleetModel } from '../../core/manifest/model.ts';
import { trusted } from '../../core/model/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AppConfig } from '../config.ts';
import { type OpenedFor, openDataPlane } from '../open-data-plane.ts';
import { doubt, type Finding, fine, reasonOf, trouble } from './finding.ts';

const ANSWER_MS_MAX = 5_000;
const POSTGRES_MIN = 15;

/** Names and addresses that mean another machine to GitHub, or none. */
const PRIVATE_HOST =
  /^(?:localhost|.*\.(?:localhost|local|internal|svc)|127\..*|10\..*|192\.168\..*|172\.(?:1[6-9]|2\d|3[01])\..*|169\.254\..*|0\.0\.0\.0|\[::1?\]|\[f[cde].*\])$/i;

/** @param isGitHubCom - an Enterprise Server may well be in the same network. */
export async function checkAddress(publicUrl: string | undefined, isGitHubCom: boolean): Promise<readonly Finding[]> {
  const name = 'public address';
  if (publicUrl === undefined) {
    return [
      trouble(
        name,
        'FLOTILLA_PUBLIC_URL is not set: reports cannot link to pages, and nobody knows where webhooks should go',
        'set it to the address at which GitHub and people reach the bot',
      ),
    ];
  }
  const { hostname, protocol } = new URL(publicUrl);
  const findings: Finding[] = [];
  if (isGitHubCom && PRIVATE_HOST.test(hostname))
    findings.push(
      trouble(name, `${publicUrl} is of a private network: GitHub cannot reach it`, 'use a public name, or a relay of webhooks'),
    );
  if (protocol !== 'https:') findings.push(doubt(name, `${publicUrl} is not encrypted`, 'put a proxy with a certificate in front of it'));
  try {
    const { status } = await fetch(`${publicUrl}/livez`, { signal: AbortSignal.timeout(ANSWER_MS_MAX), redirect: 'manual' });
    findings.push(
      status === 200
        ? fine(name, `the bot answers at ${publicUrl}`)
        : doubt(name, `${publicUrl}/livez answers with ${status}`, 'see that the bot runs, and that the proxy leads to it'),
    );
  } catch (error) {
    findings.push(
      doubt(
        name,
        `nobody answers at ${publicUrl} from here: ${reasonOf(error)}`,
        'start the bot, and see that the name and the proxy lead to it',
      ),
    );
  }
  return findings;
}

export async function checkDatabase(
  { databaseUrl, home }: Pick<AppConfig, 'databaseUrl' | 'home'>,
  now: () => number,
): Promise<readonly Finding[]> {
  if (databaseUrl === undefined) return [fine('database', `embedded, in ${home}; for one bot. Back that folder up`)];
  try {
    const { major, nowMs } = await lookAtDatabase(databaseUrl);
    const offS = Math.round((now() - nowMs) / 1_000);
    return [
      major >= POSTGRES_MIN
        ? fine('database', `PostgreSQL ${major} answers`)
        : trouble('database', `PostgreSQL ${major} is too old`, `use ${POSTGRES_MIN} or newer`),
      ...(Math.abs(offS) > 30
        ? [doubt('database', `its clock is ${Math.abs(offS)} s ${offS > 0 ? 'behind' : 'ahead of'} this one`, 'have both set by NTP')]
        : []),
    ];
  } catch (error) {
    return [trouble('database', `it does not answer: ${reasonOf(error)}`, 'check DATABASE_URL, and that the server lets this machine in')];
  }
}

/** Asks every data plane of a fleet what it has: to be asked about clusters they answer that nothing is known, also when nobody is there. */
export async function checkDataPlanes(model: FleetModel, environment: AppConfig['environment'], clock: Clock): Promise<readonly Finding[]> {
  return Promise.all(
    model.fleet.value.spec.dataPlanes.map(async (described): Promise<Finding> => {
      const name = `data plane ${described.name}`;
      try {
        const plane = openDataPlane(
          { ...described, urlFromEnv: described.urlFromEnv, context: described.context },
          environment,
          clock,
          openedFor(model, described.name),
        );
        const { length } = await plane.list();
        return fine(name, `answers, with ${length} ${length === 1 ? 'cluster' : 'clusters'}`);
      } catch (error) {
        return trouble(
          name,
          reasonOf(error),
          'give the bot its address in the variable that `urlFromEnv` names, and see that it can be reached from here',
        );
      }
    }),
  );
}

/** Nothing is ordered: the fleet needs no name of its own. */
const openedFor = (model: FleetModel, dataPlane: string): OpenedFor => ({
  fleet: trusted.fleet('doctor'),
  workloads: async () => ({
    inForce: workloadsOn(dataPlane, computeDesired(model).values(), (name) => model.products.get(name)?.value),
    proposed: new Map(),
  }),
});
