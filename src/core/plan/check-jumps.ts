import type { FleetModel, UnlocatedProblem } from '../manifest/model.ts';
import { checkJump, type JumpCheck } from '../manifest/upgrade-path.ts';
import { nameList } from '../model/name-list.ts';
import type { DocumentPlace } from '../model/problem.ts';
import type { Version } from '../model/version.ts';
import type { Move } from './find-moves.ts';

type IllegalJump = Extract<JumpCheck, { ok: false }>;

/** Names that one message lists before it only counts. */
const NAMES_MAX = 10;

/** What is illegal about the jumps of version of these clusters, and whether the commit asked for it. */
export interface JumpFindings {
  /** The commit itself asks for the jump: an error, one for each line that does. */
  readonly problems: readonly UnlocatedProblem[];
  /** Only what the cluster really runs makes it illegal: it is held at its start, and the rest goes on. */
  readonly held: readonly HeldJump[];
}

/** A jump that would be illegal, and the clusters that it concerns. */
export interface HeldJump {
  readonly jump: IllegalJump;
  readonly clusters: readonly string[];
}

export function checkJumps(model: FleetModel, moves: readonly Move[]): JumpFindings {
  const jumps = new Jumps(model);
  const asked = new Map<string, { place: DocumentPlace; jump: IllegalJump; clusters: string[] }>();
  const held = new Map<string, { jump: IllegalJump; clusters: string[] }>();
  for (const move of moves) {
    const jump = jumps.ofRunning(move);
    if (jump === undefined) continue;
    const place = jumps.isAskedFor(move) ? placeOfVersion(model, move) : undefined;
    const key = JSON.stringify([place, jump.message]);
    const group = place === undefined ? groupIn(held, key, { jump, clusters: [] }) : groupIn(asked, key, { place, jump, clusters: [] });
    group.clusters.push(move.to.cluster);
  }
  return {
    problems: [...asked.values()].map(({ place, jump, clusters }) => ({
      place,
      code: 'illegal-jump',
      severity: 'error',
      message: `${jump.message}; it concerns ${nameList(clusters.sort(), NAMES_MAX)}`,
      hint: jump.hint,
    })),
    held: [...held.values()],
  };
}

function groupIn<Group>(groups: Map<string, Group>, key: string, empty: Group): Group {
  const group = groups.get(key) ?? empty;
  groups.set(key, group);
  return group;
}

/** Most clusters make the same jump: each is judged once. */
class Jumps {
  readonly #model: FleetModel;
  readonly #judged = new Map<string, IllegalJump | undefined>();

  constructor(model: FleetModel) {
    this.#model = model;
  }

  /** From what runs there. Where nothing is known to run there is nothing to jump from: the cluster is taken for new. */
  ofRunning({ from, before, to }: Move): IllegalJump | undefined {
    if (before !== undefined && before.spec.product !== to.spec.product) return undefined;
    return this.#judge(to.spec.product, from?.version, to.spec.version);
  }

  isAskedFor({ change, before, to }: Move): boolean {
    return change === 'update' || change === 'rejoin'
      ? this.#judge(to.spec.product, before?.spec.version, to.spec.version) !== undefined
      : false;
  }

  #judge(product: string, from: Version | undefined, to: Version): IllegalJump | undefined {
    if (from === undefined || from === to) return undefined;
    const key = `${product} ${from} ${to}`;
    if (this.#judged.has(key)) return this.#judged.get(key);
    const document = this.#model.products.get(product)?.value;
    const check = document && checkJump(document, from, to);
    const illegal = check === undefined || check.ok ? undefined : check;
    this.#judged.set(key, illegal);
    return illegal;
  }
}

/** Where the version that the cluster goes to was written: its pin, the exception, or the release. */
function placeOfVersion(model: FleetModel, { to }: Move): DocumentPlace | undefined {
  const release = model.releases.get(to.release);
  if (to.pinnedBy?.by === 'pin') {
    const cluster = model.clusters.get(to.cluster);
    return cluster && { file: cluster.file, index: cluster.index, path: ['spec', 'pin', 'version'] };
  }
  if (release === undefined) return undefined;
  const { file, index, value } = release;
  const exception = to.pinnedBy && value.spec.exceptions?.findIndex(({ clusters }) => clusters.includes(to.cluster));
  const path = exception === undefined ? ['spec', 'version'] : ['spec', 'exceptions', exception, 'version'];
  return { file, index, path };
}
