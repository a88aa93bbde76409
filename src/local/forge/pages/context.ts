import type { Answer } from '../http/answer.ts';
import type { JsonObject } from '../json.ts';
import type { RepositoryRow } from '../store/rows.ts';
import type { World } from '../world.ts';
import type { Session } from './session.ts';
import type { ShellView } from './views.ts';

/**
 * A request to the REST API in the name of whoever is signed in: actions go the way of every other client, so that they are
 * checked, counted and announced like theirs.
 *
 * @param path - below `/api/v3`.
 */
export type Api = (method: 'POST' | 'PUT' | 'PATCH', path: string, body?: JsonObject) => Promise<Answer>;

/** What a page or an action is made from. */
export interface PageContext {
  readonly world: World;
  readonly api: Api;
  /** Sends a webhook delivery again. @returns `false` when there is none. */
  readonly redeliver: (delivery: number) => boolean;
  readonly session: Session;
  readonly shell: ShellView;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  /** Empty unless a form was sent. */
  readonly fields: URLSearchParams;
}

export interface RepositoryContext extends PageContext {
  readonly repository: RepositoryRow;
}

export type PageAnswer =
  | { readonly kind: 'page'; readonly status: number; readonly text: string }
  | {
      readonly kind: 'go';
      readonly to: string;
      readonly flash?: { readonly tone: 'good' | 'bad'; readonly text: string };
      readonly setCookie?: string | undefined;
    };

export const page = (text: string, status = 200): PageAnswer => ({ kind: 'page', status, text });

/** Goes to an address of this site, and says there what was done. */
export const go = (to: string, text?: string): PageAnswer =>
  text === undefined ? { kind: 'go', to } : { kind: 'go', to, flash: { tone: 'good', text } };

export const goWithTrouble = (to: string, text: string): PageAnswer => ({ kind: 'go', to, flash: { tone: 'bad', text } });

/** A text field, with the line ends of files instead of those of forms. */
export const textOf = (fields: URLSearchParams, name: string): string => (fields.get(name) ?? '').replaceAll('\r\n', '\n');

/** A line: no line breaks, no blanks around it. */
export const lineOf = (fields: URLSearchParams, name: string): string => textOf(fields, name).replaceAll('\n', ' ').trim();
