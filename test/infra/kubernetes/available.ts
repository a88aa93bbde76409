import { isBuilt } from './build.ts';

/**
 * Whether the servers for tests are there. Where they must be (CI), that they are missing is an error; elsewhere the tests are left
 * out, and say so.
 */
export async function hasControlPlane(): Promise<boolean> {
  if (await isBuilt()) return true;
  const howTo = 'build it with `npm run control-plane` (needs Go; takes minutes)';
  if (process.env['FLOTILLA_INFRA'] === 'required') throw new Error(`the Kubernetes control plane is not there: ${howTo}`);
  console.warn(`left out: tests against a real Kubernetes control plane; ${howTo}`);
  return false;
}
