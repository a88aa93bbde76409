import { join, relative, resolve, sep } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readManifestFolder } from '../cli/manifest-folder.ts';
import { computeDesired } from '../core/desired/compute-desired.ts';
import { validateFiles } from '../core/manifest/load.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import { checkJump } from '../core/manifest/upgrade-path.ts';
import type { Instant } from '../core/model/time.ts';
import { compareVersions } from '../core/model/version.ts';
import type { SeededCluster } from '../ports/in-memory/simulated-clusters/events.ts';

/** What local mode is first filled with. */
export interface Example {
  /** By path in the repository. */
  readonly files: ReadonlyMap<string, string>;
  /** Every cluster, as it is described: the fleet begins without drift. */
  readonly clusters: readonly SeededCluster[];
  /** One line that a person might change: the pull request that is open at the start. */
  readonly change: ExampleChange | undefined;
}

export interface ExampleChange {
  readonly path: string;
  readonly text: string;
  readonly release: string;
  readonly from: string;
  readonly to: string;
}

/** Folder of the manifests in the seeded repository. */
const PREFIX = 'fleet-manifests';

/**
 * Reads a folder of manifests, as the bot would read them from a repository.
 *
 * @throws Error with every problem, when they are not valid: a local mode that begins broken would teach nothing.
 */
export function loadExample(folder: string, now: Instant): Example {
  const root = resolve(folder);
  const found = readManifestFolder(root, root);
  const { model, problems } = validateFiles(found, now);
  if (model === undefined) {
    const lines = problems.map(({ file, line, column, message, hint }) => `  ${file}:${line}:${column}: ${message}; ${hint}`);
    throw new Error(`the manifests in ${root} cannot be used:\n${lines.slice(0, 20).join('\n')}`);
  }
  const files = new Map(
    found.flatMap(({ path, content }) => (content.kind === 'text' ? [[inRepository(root, path), content.text] as const] : [])),
  );
  const clusters = [...computeDesired(model).values()].map(({ cluster, dataPlane, spec, revision }) => ({
    cluster,
    dataPlane,
    spec,
    revision,
  }));
  return { files, clusters, change: proposeChange(root, model, files) };
}

function inRepository(root: string, path: string): string {
  const inside = relative(root, join(root, path)).split(sep).join('/');
  return inside.startsWith(`${PREFIX}/`) ? inside : `${PREFIX}/${inside}`;
}

/** The newest version that the release with the most clusters may go to. */
function proposeChange(root: string, model: FleetModel, files: ReadonlyMap<string, string>): ExampleChange | undefined {
  const sizes = new Map<string, number>();
  for (const release of model.releaseOf.values()) sizes.set(release, (sizes.get(release) ?? 0) + 1);
  const bySize = [...sizes].sort((a, b) => b[1] - a[1]);
  for (const [name] of bySize) {
    const release = model.releases.get(name);
    const product = model.products.get(release?.value.spec.product ?? '')?.value;
    if (release === undefined || product === undefined) continue;
    const from = release.value.spec.version;
    const newer = product.spec.versions.filter(
      ({ version, withdrawn }) => withdrawn === undefined && compareVersions(version, from) > 0 && checkJump(product, from, version).ok,
    );
    const to = newer
      .map(({ version }) => version)
      .sort(compareVersions)
      .at(-1);
    const path = inRepository(root, release.file);
    const text = files.get(path);
    const edited = to === undefined || text === undefined ? undefined : withVersion(text, release.index, to);
    if (to !== undefined && edited !== undefined) return { path, text: edited, release: name, from, to };
  }
  return undefined;
}

/** The text with one value replaced, and every comment and blank line as it was. */
function withVersion(text: string, index: number, version: string): string | undefined {
  const documents = parseAllDocuments(text);
  const node = Array.isArray(documents) ? documents[index]?.getIn(['spec', 'version'], true) : undefined;
  const range =
    typeof node === 'object' && node !== null && 'range' in node ? (node.range as readonly [number, number, number] | null) : null;
  return range === null ? undefined : `${text.slice(0, range[0])}"${version}"${text.slice(range[1])}`;
}
