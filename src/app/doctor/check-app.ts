import type { Probot } from 'probot';
import type { AppManifest } from '../app-manifest.ts';
import { webhookUrlOf } from '../app-manifest.ts';
import { doubt, type Finding, fine, reasonOf, trouble } from './finding.ts';

type Client = Awaited<ReturnType<Probot['auth']>>;

export interface AppUnderCheck {
  /** Authenticated as the app. */
  readonly client: Client;
  readonly manifest: AppManifest;
  readonly publicUrl: string | undefined;
  readonly now: () => number;
}

const LEVELS = ['read', 'write', 'admin'];
/** GitHub refuses a token whose clock is a minute off. */
const CLOCK_OFF_MS_MAX = 30_000;
const DELIVERIES_LOOKED_AT = 50;

/** What GitHub has registered for the app, beside what this program needs. */
export async function checkApp(under: AppUnderCheck): Promise<readonly Finding[]> {
  let slug: string;
  const findings: Finding[] = [];
  try {
    const { data, headers } = await under.client.rest.apps.getAuthenticated();
    if (data === null) throw new Error('GitHub knows no app by these credentials');
    slug = data.slug ?? String(data.id);
    findings.push(fine('app', `${data.name ?? slug} answers (${data.html_url})`), checkClock(headers.date, under.now()));
    findings.push(lacking('permissions', lackingPermissions(under.manifest, data.permissions), `${data.html_url}/permissions`));
    const events = under.manifest.default_events.filter((event) => !data.events.includes(event));
    findings.push(lacking('events', events, data.html_url));
  } catch (error) {
    const fix =
      'compare APP_ID and the private key with the settings page of the app, and the clock of this machine; on an Enterprise Server set GITHUB_API_URL';
    return [trouble('app', `GitHub does not accept the credentials: ${reasonOf(error)}`, fix)];
  }
  findings.push(...(await attempt('installations', () => checkInstallations(under, slug))));
  findings.push(...(await attempt('webhook settings', () => checkHook(under))));
  findings.push(...(await attempt('deliveries', () => checkDeliveries(under))));
  return findings;
}

async function attempt(name: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [doubt(name, `GitHub does not say: ${reasonOf(error)}`, 'try again; if it stays, look at the settings page of the app')];
  }
}

function checkClock(date: string | undefined, nowMs: number): Finding {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return doubt('clock', 'GitHub did not say what time it is', 'try again');
  const offMs = nowMs - theirs;
  const words = `${Math.abs(Math.round(offMs / 1_000))} s ${offMs >= 0 ? 'ahead of' : 'behind'} GitHub`;
  if (Math.abs(offMs) <= CLOCK_OFF_MS_MAX) return fine('clock', words);
  return trouble('clock', `this machine is ${words}: GitHub will refuse the app's tokens`, 'have the clock set by NTP');
}

function lackingPermissions(manifest: AppManifest, given: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(manifest.default_permissions)
    .filter(([name, level]) => LEVELS.indexOf(String(given[name])) < LEVELS.indexOf(level))
    .map(([name, level]) => `${name}: ${level}`);
}

function lacking(name: string, missing: readonly string[], where: string): Finding {
  if (missing.length === 0) return fine(name, 'all that app.yml asks for');
  return trouble(name, `the app lacks ${missing.join(', ')}`, `add it at ${where}, and have every installation accept it`);
}

async function checkInstallations({ client, manifest }: AppUnderCheck, slug: string): Promise<readonly Finding[]> {
  const { data } = await client.rest.apps.listInstallations({ per_page: 100 });
  if (data.length === 0) {
    return [
      doubt(
        'installations',
        'the app is installed nowhere',
        `install it on the repository with your manifests: the page of the app ${slug}, Install App`,
      ),
    ];
  }
  return data.map((installation): Finding => {
    const account = installation.account !== null && 'login' in installation.account ? installation.account.login : String(installation.id);
    const name = `installation ${account}`;
    if (installation.suspended_at !== null && installation.suspended_at !== undefined) {
      return trouble(name, 'suspended: Flotilla does not look at it', `lift that at ${installation.html_url}`);
    }
    const missing = lackingPermissions(manifest, installation.permissions);
    if (missing.length === 0) return fine(name, `${installation.repository_selection} repositories`);
    return trouble(name, `has not accepted ${missing.join(', ')}`, `accept the new permissions at ${installation.html_url}`);
  });
}

async function checkHook({ client, publicUrl }: AppUnderCheck): Promise<readonly Finding[]> {
  const { data } = await client.rest.apps.getWebhookConfigForApp();
  const wanted = publicUrl === undefined ? undefined : webhookUrlOf(publicUrl);
  const findings: Finding[] = [];
  if (wanted !== undefined && data.url !== wanted) {
    findings.push(
      trouble(
        'webhook settings',
        `webhooks go to ${data.url ?? 'nowhere'}, and not to ${wanted}`,
        'set the webhook URL of the app, or FLOTILLA_PUBLIC_URL',
      ),
    );
  }
  if (data.content_type !== 'json') {
    findings.push(trouble('webhook settings', `the content type is ${data.content_type ?? 'form'}`, 'set it to application/json'));
  }
  if (String(data.insecure_ssl ?? '0') !== '0') {
    findings.push(doubt('webhook settings', 'certificates are not checked', 'enable SSL verification in the settings of the app'));
  }
  return findings.length > 0 ? findings : [fine('webhook settings', data.url ?? '')];
}

async function checkDeliveries({ client }: AppUnderCheck): Promise<readonly Finding[]> {
  const { data } = await client.rest.apps.listWebhookDeliveries({ per_page: DELIVERIES_LOOKED_AT });
  const arrived = new Set(data.filter(({ status_code }) => status_code >= 200 && status_code < 400).map(({ guid }) => guid));
  const failed = data.filter(({ guid }) => !arrived.has(guid));
  const [newest] = failed;
  if (data.length === 0) return [doubt('deliveries', 'GitHub has sent nothing yet', 'install the app, or push something')];
  if (newest === undefined) return [fine('deliveries', `the last ${data.length} arrived`)];
  const detail = `${failed.length} of the last ${data.length} did not arrive; the newest, ${newest.event} at ${newest.delivered_at}: ${newest.status_code} ${newest.status}`;
  // What failed long ago and works now is asked for again by the bot itself.
  const isOver = arrived.has(data[0]?.guid ?? '');
  return [
    isOver
      ? doubt('deliveries', detail, 'the bot asks for them again')
      : trouble('deliveries', detail, 'see that GitHub can reach the address, and that the webhook secret is the same'),
  ];
}
