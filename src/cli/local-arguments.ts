import type { ConfigValue } from '../core/desired/desired.ts';
import { closest } from '../core/manifest/did-you-mean.ts';
import { scalar } from '../local/data-plane/requests.ts';
import { FAULT_KINDS } from '../ports/in-memory/simulated-clusters/cluster-state.ts';
import { UsageError } from './io.ts';
import { readArguments } from './read-arguments.ts';

export const LOCAL_USAGE = `Usage: flotilla local COMMAND

Local mode (npm start): breaks, changes and shows its simulated clusters.

  break CLUSTER|--all --with FAULT [--version V] [--broker N]
  break --data-plane NAME --with unreachable|none
      crash-loop   a broker that gets a new version never gets ready
      stuck        a broker that gets a new version never comes back from its restart
      slow         restarts take ten times as long
      unreachable  the cluster does not answer
      none         clears every fault
      --version V  only brokers that get this version; those that run it already crash at once
      --broker N   only this broker, counted from 0

  set CLUSTER [--version V] [--replicas N] [--image IMAGE] [--config KEY=VALUE]...
      changes what really runs, behind the bot's back

  status [CLUSTER]
      what really runs, and what was broken on purpose

  forge
      runs forge and data planes without the bot, until Ctrl-C; a bot that is started meanwhile uses them

  stop
      ends everything that still runs, also what a killed bot has left behind

The running local mode is found through FLOTILLA_HOME (default .flotilla in the current folder).
Exit code: 0 done, 1 refused, 2 wrong usage.
`;

/** A request to the simulation, checked as far as can be without it. */
export type LocalRequest =
  | { readonly kind: 'post'; readonly path: '/faults' | '/set'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'status'; readonly cluster: string | undefined }
  | { readonly kind: 'forge' }
  | { readonly kind: 'stop' };

const FAULTS: readonly string[] = [...FAULT_KINDS, 'none'];

/** @param argv - what follows `flotilla local`. @throws UsageError */
export function parseLocalArguments(argv: readonly string[]): LocalRequest {
  const [command, ...rest] = argv;
  switch (command) {
    case 'break':
      return parseBreak(rest);
    case 'set':
      return parseSet(rest);
    case 'status': {
      const { positionals } = read(rest, {});
      return { kind: 'status', cluster: atMostOne(positionals) };
    }
    case 'forge':
    case 'stop':
      if (rest.length > 0) throw new UsageError(`local ${command} takes nothing more`);
      return { kind: command };
    default:
      throw new UsageError(
        command === undefined
          ? 'say what to do: break, set, status, forge or stop'
          : `there is no command "local ${command}"${didYouMean(command)}`,
      );
  }
}

function didYouMean(command: string): string {
  const meant = closest(command, ['break', 'set', 'status', 'forge', 'stop']);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function parseBreak(argv: readonly string[]): LocalRequest {
  const { values, positionals } = read(argv, {
    all: { type: 'boolean' },
    with: { type: 'string' },
    version: { type: 'string' },
    broker: { type: 'string' },
    'data-plane': { type: 'string' },
  });
  const cluster = atMostOne(positionals);
  const fault = values['with'];
  const dataPlane = values['data-plane'];
  if (typeof fault !== 'string' || !FAULTS.includes(fault)) throw new UsageError(`--with must be one of ${FAULTS.join(', ')}`);
  if (cluster !== undefined && values['all'] === true) throw new UsageError('name a cluster or say --all, not both');
  if (cluster === undefined && values['all'] !== true && dataPlane === undefined) throw new UsageError('name a cluster, or say --all');
  const { version } = values;
  return {
    kind: 'post',
    path: '/faults',
    body: { cluster, all: values['all'], dataPlane, with: fault, version, broker: whole(values['broker'], '--broker') },
  };
}

function parseSet(argv: readonly string[]): LocalRequest {
  const { values, positionals } = read(argv, {
    version: { type: 'string' },
    replicas: { type: 'string' },
    image: { type: 'string' },
    config: { type: 'string', multiple: true },
    'data-plane': { type: 'string' },
  });
  const cluster = atMostOne(positionals);
  if (cluster === undefined) throw new UsageError('name the cluster to change');
  const { version, image } = values;
  const replicas = whole(values['replicas'], '--replicas');
  const config = Array.isArray(values['config']) ? configOf(values['config'].map(String)) : undefined;
  if (version === undefined && image === undefined && replicas === undefined && config === undefined) {
    throw new UsageError('say what to change: --version, --replicas, --image or --config');
  }
  return { kind: 'post', path: '/set', body: { cluster, dataPlane: values['data-plane'], version, image, replicas, config } };
}

function read(argv: readonly string[], options: Parameters<typeof readArguments>[1]) {
  try {
    return readArguments(argv, options);
  } catch (error) {
    // Node's own words name the option; the second sentence is about a rare case only.
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

function atMostOne(positionals: readonly string[]): string | undefined {
  if (positionals.length > 1) throw new UsageError(`one cluster at a time, not ${positionals.join(' ')}`);
  return positionals[0];
}

function whole(value: unknown, option: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[0-9]{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${option} must be a whole number`);
}

function configOf(settings: readonly string[]): Readonly<Record<string, ConfigValue>> {
  const entries = settings.map((setting): [string, ConfigValue] => {
    const cut = setting.indexOf('=');
    if (cut < 1) throw new UsageError(`--config must be KEY=VALUE, not ${JSON.stringify(setting)}`);
    return [setting.slice(0, cut), scalar(setting.slice(cut + 1))];
  });
  return Object.fromEntries(entries);
}
