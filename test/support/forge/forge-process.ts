/** A forge in a process of its own, to be killed: `node forge-process.ts HOME WEBHOOK-URL`. Prints its address. */
import { startForge } from '../../../src/local/forge/forge.ts';

const [home = '', webhookUrl = ''] = process.argv.slice(2);
const log = { info: () => undefined, error: (fields: object, message: string) => console.error(message, fields) };
const forge = await startForge({ home, port: 0, app: { id: 42, slug: 'flotilla' }, webhookUrl: () => webhookUrl, log });
const { token } = forge.seedUser({ login: 'alice' });
const collaborators = [{ login: 'alice', role: 'admin' }] as const;
await forge.seedRepository({ owner: 'acme', name: 'fleet', files: new Map([['README.md', '# Fleet\n']]), author: 'alice', collaborators });
console.log(JSON.stringify({ url: forge.url, token }));
