type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'FLOTILLA_';
/** Begins like the others, and is a secret of the bot. */
const OWN_SECRET = 'FLOTILLA_API_TOKEN';

/**
 * May a manifest name this variable? Whoever can change a manifest can have what it holds sent to an address, or shown
 * in an error: so only variables that were set for that. The schema of the manifests says the same, `envName`; this
 * also holds for what an older program has stored.
 */
export const isForManifests = (name: string): boolean => name.startsWith(PREFIX) && name !== OWN_SECRET;

/** The variables that manifests may name. */
export function manifestVariables(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isForManifests(name)));
}
