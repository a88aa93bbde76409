import { createHmac, randomBytes } from 'node:crypto';
import { getCookie } from 'hono/cookie';
import type { HttpContext } from '../../../http/app.ts';
import { sameSecret } from '../../../http/token.ts';
import type { AccountRow } from '../store/rows.ts';
import type { World } from '../world.ts';

/** Who looks at a page. Signing in is a choice of name; the session only ties forms to the browser that was shown them. */
export interface Session {
  readonly id: string;
  readonly account: AccountRow;
  /** Goes into every form; what comes back without it is not from a page of ours. */
  readonly csrf: string;
  /** To be sent when the browser had no session yet, or another user. */
  readonly setCookie: string | undefined;
}

const SESSION_COOKIE = 'forge_session';
const FLASH_COOKIE = 'forge_flash';
const SESSION_ID = /^[A-Za-z0-9_-]{24}$/;

/** @returns `undefined` while the forge has no people. */
export function readSession(world: World, http: HttpContext): Session | undefined {
  const people = world.store.accounts.people();
  const [id = '', login = ''] = (getCookie(http, SESSION_COOKIE) ?? '').split('.');
  const known = SESSION_ID.test(id) ? people.find((person) => person.login === login) : undefined;
  if (known !== undefined) return session(world, id, known, false);
  const [first] = people;
  return first === undefined ? undefined : session(world, randomBytes(18).toString('base64url'), first, true);
}

/** The same browser as another user. */
export function switchTo(world: World, current: Session, login: string): Session | undefined {
  const account = world.store.accounts.people().find((person) => person.login === login);
  return account === undefined ? undefined : session(world, current.id, account, true);
}

function session(world: World, id: string, account: AccountRow, isNew: boolean): Session {
  // Kept in the store, so that a form that is open while the forge restarts can still be sent.
  const secret = world.store.settingOrElse('pages.secret', () => randomBytes(32).toString('base64url'));
  return {
    id,
    account,
    // Bound to the user as well: a form that was shown to alice is not sent as bob.
    csrf: createHmac('sha256', secret).update(`${id}.${account.login}`).digest('base64url'),
    setCookie: isNew ? cookie(SESSION_COOKIE, `${id}.${account.login}`) : undefined,
  };
}

export const isOwnForm = (session: Session, token: string | null): boolean => sameSecret(token ?? '', session.csrf);

export interface Flash {
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

const FLASH_CHARACTERS_MAX = 800;

/** What the last action said, carried over the redirect to the page that shows it. */
export function flashCookie(flash: Flash): string {
  const text = Buffer.from(flash.text.slice(0, FLASH_CHARACTERS_MAX)).toString('base64url');
  return cookie(FLASH_COOKIE, `${flash.tone}.${text}`, '; Max-Age=60');
}

export const clearFlashCookie = cookie(FLASH_COOKIE, '', '; Max-Age=0');

export function readFlash(http: HttpContext): Flash | undefined {
  const [tone, text = ''] = (getCookie(http, FLASH_COOKIE) ?? '').split('.');
  if (tone !== 'good' && tone !== 'bad') return undefined;
  return { tone, text: Buffer.from(text, 'base64url').toString('utf8').slice(0, FLASH_CHARACTERS_MAX) };
}

// No `Secure`: the forge speaks plain HTTP on the loopback interface only.
function cookie(name: string, value: string, more = ''): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${more}`;
}
