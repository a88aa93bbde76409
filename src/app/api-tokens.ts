import { readFileSync } from 'node:fs';
import { type ApiToken, digestOf } from '../http/token.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const TOKENS = 'FLOTILLA_API_TOKENS';
const FILE = 'FLOTILLA_API_TOKENS_FILE';
/** Let whoever had it command as anybody they named. */
const FORMER = 'FLOTILLA_API_TOKEN';
const TOKEN_CHARS_MIN = 16;
const LOGIN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/;
const HASH = /^sha256:([0-9a-f]{64})$/;

/**
 * Who may use the API: `LOGIN:TOKEN`, apart by spaces or line ends, in a variable or a file. A token names one person of the code host, by
 * whose rights it is judged. In place of a token its hash will do: `sha256:` and 64 hex digits.
 */
export function readApiTokens(env: Environment, mistakes: string[]): readonly ApiToken[] {
  if (env[FORMER] !== undefined)
    mistakes.push(`${FORMER} names nobody, so it is not read any more: set ${TOKENS} to LOGIN:TOKEN, with a login of the code host`);
  const texts = [env[TOKENS] ?? '', readFile(env[FILE], mistakes)];
  const entries = texts.flatMap((text) => text.split(/\r?\n/)).flatMap((line) => line.replace(/^\s*#.*/, '').split(/[\s,]+/));
  return entries.filter((entry) => entry !== '').flatMap((entry, nth) => readEntry(entry, nth + 1, mistakes));
}

function readFile(path: string | undefined, mistakes: string[]): string {
  if (path === undefined) return '';
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    mistakes.push(`${FILE} cannot be read (${why}): give the path of a file with one LOGIN:TOKEN a line`);
    return '';
  }
}

/** Never shown: it is, or holds, a secret. */
function readEntry(entry: string, nth: number, mistakes: string[]): readonly ApiToken[] {
  const [, login = '', token = ''] = /^([^:]*):(.*)$/s.exec(entry) ?? [];
  const hash = HASH.exec(token)?.[1];
  if (!LOGIN.test(login)) mistakes.push(`${TOKENS}: entry ${nth} is not LOGIN:TOKEN, with a login of the code host`);
  else if (hash === undefined && /^sha256:/i.test(token))
    mistakes.push(`${TOKENS}: the hash of ${login} is not sha256: and 64 hex digits in lower case`);
  else if (hash === undefined && token.length < TOKEN_CHARS_MIN)
    mistakes.push(`${TOKENS}: the token of ${login} is shorter than ${TOKEN_CHARS_MIN} characters: make one with \`openssl rand -hex 24\``);
  else return [{ login, sha256: hash ?? digestOf(token) }];
  return [];
}
