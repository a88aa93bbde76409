import { CLUSTER, CONFIG, EPOCH, FLEET, IMAGE, MODE, REVISION, VERSION } from './annotations.ts';
import { type Intent, Overtaken, Refused, type RolledWorkload, readLive, replacePod, writeWorkload } from './api.ts';
import { imageOf, versionOf } from './brokers.ts';
import { type Connection, NoAnswer } from './connection.ts';
import { nextStep } from './partition.ts';
import { containerOf, hasItsSettings, isForeign, isUpToDate, type Live, rollOf } from './see.ts';
import { readStanding } from './standing.ts';

/** Whose orders are carried out. */
export interface Whose {
  readonly fleet: string;
  readonly cluster: string;
}

/**
 * Goes one step on with the order that stands on the object, if it is time: everything is read anew, and written only onto what was
 * read. Two that step at once do the same.
 *
 * @returns why it cannot go on, for a person; `undefined` when nothing is in its way.
 */
export async function step(connection: Connection, workload: RolledWorkload, whose: Whose): Promise<string | undefined> {
  try {
    const live = await readLive(connection, workload);
    return live === undefined ? undefined : await stepOn(connection, workload, whose, live);
  } catch (error) {
    // Whoever overtook us made an event, and with it the next step.
    if (error instanceof Overtaken || error instanceof NoAnswer) return undefined;
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

async function stepOn(connection: Connection, workload: RolledWorkload, whose: Whose, live: Live): Promise<string | undefined> {
  const standing = readStanding(live.object.metadata.annotations);
  if (!standing.ok || standing.value.fleet !== whose.fleet || standing.value.cluster !== whose.cluster) return undefined;
  const mode = standing.value.accepted?.mode;
  const container = containerOf(live.object, workload.container);
  if (mode === undefined || !container.ok || !isUpToDate(live.object)) return undefined;
  if (isForeign(live.object, container.value)) return 'its image was changed by hand: nothing is rolled until it is ordered anew';
  // The settings are on their way; or somebody changed them, and no pod is to start with those.
  if (!hasItsSettings(live.object, live.configMap)) return 'its settings are not those that were ordered: nothing is rolled until they are';
  const write = (rolling: Intent['rolling']) =>
    writeWorkload(connection, workload, live.object.metadata, sameIntent(live, container.value, rolling));
  if (live.kind === 'Deployment') {
    if (mode === 'run' && live.object.spec.paused) await write({ paused: false });
    return undefined;
  }
  const version = versionOf(live.object.spec.template.spec.containers, live.object.spec.template.metadata.annotations, container.value);
  const roll = version === undefined ? undefined : rollOf(live, container.value, version);
  if (!roll?.ok) return undefined;
  const next = nextStep(roll.value, mode);
  if (next.kind === 'partition') await write({ partition: next.to - roll.value.first });
  if (next.kind === 'replace' && next.broker.pod !== undefined) await replacePod(connection, next.broker.pod);
  return undefined;
}

/** What was written before, as it stands there: only how far the roll may go is new. */
export function sameIntent({ object }: Live, container: string, rolling: Intent['rolling']): Intent {
  const { annotations: notes } = object.spec.template.metadata;
  return {
    annotations: kept(object.metadata.annotations, [FLEET, CLUSTER, EPOCH, REVISION, MODE]),
    templateAnnotations: kept(notes, [VERSION, IMAGE, CONFIG]),
    replicas: object.spec.replicas,
    container,
    image: imageOf(object.spec.template.spec.containers, container) ?? '',
    rolling,
  };
}

const kept = (notes: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.flatMap((name) => (notes[name] === undefined ? [] : [[name, notes[name]]])));
