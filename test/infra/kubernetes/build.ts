/**
 * Builds the control plane for tests, once for each version: `npm run control-plane`. Sources come from the Go module
 * proxy and are checked by Go's checksums; a cold build takes minutes, a second run finds what is there.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode, object, text } from '../../../src/core/model/decode.ts';

const KUBERNETES = 'v1.36.3';
/** Kubernetes is built from modules of their own, whose versions begin with 0 where its own begins with 1. */
const MODULES = KUBERNETES.replace('v1.', 'v0.');

const HERE = fileURLToPath(new URL('.', import.meta.url));
const FOLDER = fileURLToPath(new URL(`../../../.cache/kubernetes/${KUBERNETES}`, import.meta.url));

/** One program that is the API server, the controller manager or etcd, by the name under which it is called. */
export const CONTROL_PLANE = join(FOLDER, 'control-plane');

export const isBuilt = async (): Promise<boolean> =>
  access(CONTROL_PLANE, constants.X_OK).then(
    () => true,
    () => false,
  );

async function build(): Promise<void> {
  const source = join(FOLDER, 'source');
  await mkdir(source, { recursive: true });
  await copyFile(join(HERE, 'control-plane', 'main.go'), join(source, 'main.go'));
  const downloaded = await go(source, ['mod', 'download', '-json', `k8s.io/kubernetes@${KUBERNETES}`]);
  const read = decode(object({ GoMod: text, Dir: text }), JSON.parse(downloaded));
  if (!read.ok) throw new Error(`go mod download: ${read.error}`);
  await writeFile(join(source, 'go.mod'), goMod(await readFile(read.value.GoMod, 'utf8')));
  // Not as a copy of the file, which nobody may write to.
  await writeFile(join(source, 'go.sum'), await readFile(join(read.value.Dir, 'go.sum')));
  await go(source, ['mod', 'tidy']);
  const [major, minor] = KUBERNETES.slice(1).split('.');
  const version = 'k8s.io/component-base/version';
  const flags = [`gitVersion=${KUBERNETES}`, `gitMajor=${major}`, `gitMinor=${minor}`].map((one) => `-X ${version}.${one}`);
  await go(source, ['build', '-ldflags', ['-s', '-w', ...flags].join(' '), '-o', 'control-plane', '.']);
  // Only whole: a build that was cut off is built again.
  await rename(join(source, 'control-plane'), CONTROL_PLANE);
}

/** That of Kubernetes, with the modules that lie in its own repository taken from where they are published. */
function goMod(kubernetes: string): string {
  const published = [...kubernetes.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\/\S+$/gm)].map(
    ([, name]) => `\t${name} => ${name} ${MODULES}`,
  );
  const rest = kubernetes
    .replace(/^module .*$/m, 'module flotilla.dev/control-plane')
    .replace(/^replace \($[\s\S]*?^\)$/m, '')
    .replace(/^(\s*k8s\.io\/\S+ )v0\.0\.0$/gm, `$1${MODULES}`);
  return [rest, `require k8s.io/kubernetes ${KUBERNETES}`, 'replace (', ...published, ')', ''].join('\n');
}

async function go(cwd: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };
  const { stdout } = await promisify(execFile)('go', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

if (import.meta.main) {
  if (await isBuilt()) console.log(`the control plane of Kubernetes ${KUBERNETES} is there`);
  else {
    console.log(`building the control plane of Kubernetes ${KUBERNETES}; this takes minutes`);
    await build();
  }
}
