import type { Answer } from '../http/answer.ts';
import type { Caller } from '../http/callers.ts';
import type { RepositoryRow } from '../store/rows.ts';
import type { World } from '../world.ts';
import type { Session } from './session.ts';
import type { ShellView } from './views.ts';

/** A request to the REST API, made by a page in the name of whoever is signed in. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v3`. */
  readonly path: string;
  readonly body?: object;
}

export type Api = (caller: Caller, request: ApiRequest) => Promise<Answer>;

/** What a page or an action is made from. */
export interface PageContext {
  readonly world: World;
  readonly api: Api;
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
