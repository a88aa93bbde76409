import type { IncomingMessage } from 'node:http';
import type { HttpContext } from './app.ts';
import { Refusal } from './refusal.ts';

export interface BodyLimits {
  readonly bytesMax: number;
  /** Someone who sends slower than this only wants to keep a connection busy. */
  readonly msMax?: number;
}

const BODY_MS_MAX = 30_000;

/**
 * Reads a body to its end, and stops at the first limit that is passed.
 *
 * @throws Refusal 413, 408 or 400.
 */
export function readBytes({ env: { incoming } }: Pick<HttpContext, 'env'>, { bytesMax, msMax = BODY_MS_MAX }: BodyLimits): Promise<Buffer> {
  const tooLarge = () => new Refusal(413, `the body is larger than ${bytesMax} bytes`, 'too-large');
  if (Number(incoming.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (settle: () => void): void => {
      clearTimeout(late);
      for (const [event, listener] of listeners) incoming.off(event, listener);
      incoming.pause();
      settle();
    };
    const late = setTimeout(() => end(() => reject(new Refusal(408, 'the body did not arrive in time', 'too-slow'))), msMax);
    const listeners = [
      [
        'data',
        (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > bytesMax) end(() => reject(tooLarge()));
          else chunks.push(chunk);
        },
      ],
      ['end', () => end(() => resolve(Buffer.concat(chunks)))],
      ['error', (error: Error) => end(() => reject(error))],
      ['close', () => end(() => reject(new Refusal(400, 'the body did not arrive whole', 'unreadable-body')))],
    ] as const satisfies readonly (readonly [string, (given: never) => void])[];
    for (const [event, listener] of listeners) incoming.on(event, listener);
  });
}

const typeOf = (incoming: IncomingMessage): string => (incoming.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** @throws Refusal 415 when it does not say that it is JSON: only then has no page of another site sent it without being asked first. */
export async function readJson(context: HttpContext, limits: BodyLimits): Promise<unknown> {
  if (typeOf(context.env.incoming) !== 'application/json') throw unsupported('send content-type: application/json');
  return parseJson(await readBytes(context, limits));
}

/** @throws Refusal 400 */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'the body is not JSON', 'not-json');
  }
}

/** What a form of a page has sent. @throws Refusal 415 when it is none. */
export async function readForm(context: HttpContext, limits: BodyLimits): Promise<URLSearchParams> {
  if (!isForm(context)) throw unsupported('a form is sent as application/x-www-form-urlencoded');
  return new URLSearchParams(textOf(await readBytes(context, limits)));
}

export const isForm = ({ env }: HttpContext): boolean => typeOf(env.incoming) === 'application/x-www-form-urlencoded';

const unsupported = (words: string): Refusal => new Refusal(415, words, 'unsupported-type');

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, 'the body is not UTF-8', 'unreadable-body');
  }
}
