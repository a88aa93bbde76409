type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'FLOTILLA_';
/** Begin like the others, and are secrets of the bot. */
const OWN_SECRETS: ReadonlySet<string> = new Set(['FLOTILLA_API_TOKEN', 'FLOTILLA_API_TOKENS', 'FLOTILLA_API_TOKENS_FILE']);

/**
 * May a manifest name this variable? Whoever can change a manifest can have what it holds sent to an address, or shown
 * in an error: so only variables that were set for that. The schema of the manifests says the same, `envName`; this
 * also holds for what an older program has stored.
 */
export const isForManifests = (name: string): boolean => name.startsWith(PREFIX) && !OWN_SECRETS.has(name);

/** The variables that manifests may name. */
export function manifestVariables(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isForManifests(name)));
}
