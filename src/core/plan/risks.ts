import type { FleetModel } from '../manifest/model.ts';
import type { ClusterId } from '../model/ids.ts';
import { nameList } from '../model/name-list.ts';
import type { Stop } from '../stop/stop.ts';
import type { HeldJump } from './check-jumps.ts';
import { type Excluded, RISK_CODES, type Risk } from './plan.ts';
import type { ReleasePlan } from './plan-release.ts';
import { leftBehindRisks } from './risks-left-behind.ts';
import { phaseRisks, SHARE_MEMBERS_MIN } from './risks-phases.ts';
import { stopRisks } from './risks-stops.ts';
import { jumpRisks, versionRisks } from './risks-versions.ts';

/** What risks are read from: a plan before it has them. */
export interface RiskInput {
  readonly model: FleetModel;
  readonly releases: readonly ReleasePlan[];
  readonly excluded: readonly Excluded[];
  readonly removed: readonly ClusterId[];
  readonly stops: readonly Stop[];
  /** Clusters that what they run keeps from starting. */
  readonly held: readonly HeldJump[];
}

/** A change of more than this share of the fleet deserves a second look. */
const FLEET_MAX_PERCENT = 50;
/** What is unusual about a plan, or could hurt; worst first. */
export function risksOf(input: RiskInput): readonly Risk[] {
  const { model, releases, stops, held } = input;
  const found = [
    ...jumpRisks(held),
    ...stopRisks(stops, releases),
    ...versionRisks(
      model,
      releases.flatMap(({ moves }) => moves),
    ),
    ...releases.flatMap(phaseRisks),
    ...leftBehindRisks(releases.flatMap(({ moves }) => moves)),
    ...fleetRisks(input),
    ...stayBehind(input),
    ...operations(input),
  ];
  return found.sort((a, b) => RISK_CODES.indexOf(a.code) - RISK_CODES.indexOf(b.code));
}

function fleetRisks({ model, releases, removed }: RiskInput): readonly Risk[] {
  const total = model.clusters.size;
  const moving = releases.reduce((sum, { rollout }) => sum + rollout.targets.size, 0);
  const percent = Math.floor((moving * 100) / Math.max(1, total));
  const risks: Risk[] = [];
  if (moving >= SHARE_MEMBERS_MIN && percent > FLEET_MAX_PERCENT)
    risks.push({ code: 'many-clusters', words: `Changes ${moving} of the ${total} clusters of the fleet (${percent} %)` });
  if (removed.length > 0) {
    const words = `No longer in the manifests: ${nameList(removed)}. Flotilla deletes nothing; from now on nobody watches ${removed.length === 1 ? 'it' : 'them'}`;
    risks.push({ code: 'removed', words });
  }
  for (const { rollout } of releases)
    if (rollout.urgency !== 'routine') risks.push({ code: 'urgency', words: `${rollout.release} is marked ${rollout.urgency}` });
  return risks;
}

/** Clusters that a touched release selects, and that do not come along. */
function stayBehind({ excluded }: RiskInput): readonly Risk[] {
  const of = (reason: Excluded['reason']): readonly Excluded[] => excluded.filter((one) => one.reason === reason);
  const pinned = of('pinned').map(({ cluster, words }) => `${cluster} ${words}`);
  const optedOut = of('opted-out').map(({ cluster, words }) => `${cluster} (${words})`);
  return [
    ...(pinned.length === 0 ? [] : [{ code: 'pinned' as const, words: `Stays behind: ${nameList(pinned)}` }]),
    ...(optedOut.length === 0 ? [] : [{ code: 'opted-out' as const, words: `Left alone, opted out: ${nameList(optedOut)}` }]),
  ];
}

function operations({ model, releases }: RiskInput): readonly Risk[] {
  const products = new Set(releases.map(({ rollout }) => rollout.product));
  const names = [...model.operations].filter(([, { value }]) => products.has(value.spec.product)).map(([name]) => name);
  if (names.length === 0) return [];
  return [{ code: 'operation', words: `Operations are described but not carried out yet: ${nameList(names.sort())}` }];
}
