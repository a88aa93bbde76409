import type { DesiredSpec } from '../../core/desired/desired.ts';
import type { Order, OrderReply } from '../../core/evidence/order.ts';
import type { FleetId } from '../../core/model/ids.ts';
import { CLUSTER, CONFIG, EPOCH, FLEET, IMAGE, MODE, REVISION, VERSION } from './annotations.ts';
import { type Intent, Overtaken, Refused, type RolledWorkload, readLive, readSettings, writeSettings, writeWorkload } from './api.ts';
import { imageAt, imageOf, tagOf } from './brokers.ts';
import { type Connection, NoAnswer } from './connection.ts';
import type { Metadata } from './objects.ts';
import { containerOf, type Live, partitionAtRest, rollOf } from './see.ts';
import { dataOf, hashOfData, settingsOf } from './settings.ts';
import { readStanding } from './standing.ts';
import { sameIntent } from './step.ts';
import { isRolled, nameOf, type Workload } from './workload.ts';

/** The controllers write to the object too: how often it is looked at again. */
const ATTEMPTS = 10;

/**
 * Takes one order: compared with what stands on the object, and written only onto what was compared, so that of two leaders the older
 * one loses. Nothing moves by it alone: steps do that.
 *
 * @throws NoAnswer when the API server says nothing of it.
 */
export async function applyOrder(connection: Connection, fleet: FleetId, order: Order, workload: Workload): Promise<OrderReply> {
  const { cluster, epoch } = order;
  const refusal = (reason: string): OrderReply => ({ kind: 'refused', cluster, epoch, reason });
  if (!isRolled(workload.kind))
    return refusal(`${nameOf(workload)}: this version rolls StatefulSet and Deployment, and no ${workload.kind}`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const seen = await take(connection, fleet, order, { ...workload, kind: workload.kind });
      return seen === undefined ? { kind: 'accepted', cluster, epoch } : { kind: 'stale', cluster, epoch, seen };
    } catch (error) {
      if (error instanceof Refused) return refusal(error.message);
      if (!(error instanceof Overtaken)) throw error;
    }
  }
  throw new NoAnswer(`${nameOf(workload)} changes faster than it can be written`);
}

/** @returns the higher epoch that stands there, or `undefined` when the order was taken. @throws Refused, Overtaken, NoAnswer */
async function take(connection: Connection, fleet: FleetId, order: Order, workload: RolledWorkload): Promise<number | undefined> {
  const live = await readLive(connection, workload);
  if (live === undefined) {
    throw new Refused(`${nameOf(workload)} does not exist: Flotilla takes over what runs, and creates no workloads`);
  }
  const newer = newerThan(order, fleet, live.object.metadata, nameOf(workload));
  if (newer !== undefined) return newer;
  if (live.object.metadata.deletionTimestamp !== undefined) throw new Refused(`${nameOf(workload)} is being deleted`);
  const controller = live.object.metadata.ownerReferences.find((owner) => owner.controller === true);
  if (controller !== undefined) {
    throw new Refused(
      `${nameOf(workload)} belongs to ${controller.kind} ${controller.name}, whose controller would undo what is written to it`,
    );
  }
  if (order.mode === 'hold') {
    await writeWorkload(connection, workload, live.object.metadata, holdIntent(order, fleet, live, workload));
    return undefined;
  }
  const data = dataOf(order.spec);
  if (workload.configMap === undefined && Object.keys(data).length > 0) {
    throw new Refused(`settings cannot reach ${nameOf(workload)}: name a \`workload.configMap\` in the Product ${order.spec.product}`);
  }
  const intent = intentOf(order, fleet, live, workload, data);
  const isPausedFirst = live.kind === 'Deployment' && intent.isNewTemplate;
  await writeWorkload(connection, workload, live.object.metadata, isPausedFirst ? { ...intent, rolling: { paused: true } } : intent);
  // Pods that are made from now on find the new settings; none is made before by our doing.
  if (workload.configMap !== undefined) await writeOwnSettings(connection, fleet, order, workload, workload.configMap, data);
  return undefined;
}

/** @returns the epoch that stands there, when it is higher. @throws Refused when it is not for us to write there. */
function newerThan(order: Pick<Order, 'cluster' | 'epoch'>, fleet: FleetId, { annotations }: Metadata, what: string): number | undefined {
  const standing = readStanding(annotations);
  if (!standing.ok) throw new Refused(`${what}: nobody can tell which order stands there: ${standing.error}`);
  const { fleet: owner, cluster, accepted } = standing.value;
  if (owner !== undefined && owner !== fleet) throw new Refused(`${what} belongs to fleet ${owner}`);
  if (cluster !== undefined && cluster !== order.cluster) throw new Refused(`${what} is cluster ${cluster}`);
  return accepted !== undefined && accepted.epoch > order.epoch ? accepted.epoch : undefined;
}

async function writeOwnSettings(
  connection: Connection,
  fleet: FleetId,
  order: Order,
  { namespace }: RolledWorkload,
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const live = await readSettings(connection, namespace, name);
  if (live === undefined && Object.keys(data).length === 0) return;
  const newer = live && newerThan(order, fleet, live.metadata, `ConfigMap ${namespace}/${name}`);
  if (newer !== undefined) throw new Overtaken(`epoch ${newer} has come`);
  await writeSettings(connection, { namespace, name, live }, standingNotes(order, fleet), data);
}

const standingNotes = (order: Order, fleet: FleetId): Readonly<Record<string, string>> => ({
  [FLEET]: fleet,
  [CLUSTER]: order.cluster,
  [EPOCH]: String(order.epoch),
  [REVISION]: order.revision,
  [MODE]: order.mode,
});

/**
 * What stands there, and that it goes no further: whatever others have changed meanwhile, and whatever the order says besides, is no
 * reason to let a roll go on.
 */
function holdIntent(order: Order, fleet: FleetId, live: Live, { container: wanted }: RolledWorkload): Intent {
  const container = containerOf(live.object, wanted);
  if (!container.ok) throw new Refused(container.error);
  const rolling =
    live.kind === 'Deployment' ? { paused: true } : { partition: live.object.spec.updateStrategy?.rollingUpdate?.partition ?? 0 };
  return { ...sameIntent(live, container.value, rolling), annotations: standingNotes(order, fleet) };
}

/**
 * What the object should say. A template that runs already as it should stays as it is: to note our words on it would restart every
 * pod for nothing.
 */
function intentOf(
  order: Order,
  fleet: FleetId,
  live: Live,
  { container: wanted, configMap }: RolledWorkload,
  data: Readonly<Record<string, string>>,
): Intent & { readonly isNewTemplate: boolean } {
  const { spec } = live.object;
  const container = containerOf(live.object, wanted);
  if (!container.ok) throw new Refused(container.error);
  const image = imageOf(spec.template.spec.containers, container.value) ?? '';
  const notes = spec.template.metadata.annotations;
  const next = wantedImage(order.spec, image);
  const isOurs = notes[VERSION] !== undefined || next !== image || tagOf(image) !== order.spec.version;
  const isConfigured = notes[CONFIG] !== undefined || (configMap !== undefined && !isSameData(data, live));
  const templateAnnotations = {
    ...(isOurs ? { [VERSION]: order.spec.version, [IMAGE]: next } : {}),
    ...(isConfigured ? { [CONFIG]: hashOfData(data) } : {}),
  };
  const isNewTemplate = (isOurs && next !== image) || Object.entries(templateAnnotations).some(([name, value]) => notes[name] !== value);
  return {
    annotations: standingNotes(order, fleet),
    templateAnnotations,
    replicas: order.spec.replicas,
    container: container.value,
    image: next,
    rolling: rollingOf(order, live, container.value, isNewTemplate),
    isNewTemplate,
  };
}

const isSameData = (data: Readonly<Record<string, string>>, { configMap }: Live): boolean =>
  hashOfData(dataOf(settingsOf(configMap?.data ?? {}))) === hashOfData(dataOf(settingsOf(data)));

function rollingOf(order: Order, live: Live, container: string, isNewTemplate: boolean): Intent['rolling'] {
  if (live.kind === 'Deployment') return { paused: isNewTemplate };
  const roll = rollOf(live, container, order.spec.version);
  if (!roll.ok) throw new Refused(roll.error);
  const { first, partition } = roll.value;
  return { partition: (isNewTemplate ? partitionAtRest(roll.value, order.spec.replicas) : partition) - first };
}

/** The manifests may leave the image to the workload: then only its tag follows the version. */
function wantedImage({ image, version }: DesiredSpec, live: string): string {
  if (image === undefined) return tagOf(live) === version ? live : imageAt(live, version, undefined);
  return /^sha256:[0-9a-f]+$/.test(image) ? imageAt(live, version, image) : image;
}
