import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Decoder, decode, flag, listOf, object, recordOf, text } from '../core/model/decode.ts';
import { WEBHOOK_PATH } from './webhook-route.ts';

/** What the app asks GitHub for: `app.yml`, which GitHub takes as it is. */
export interface AppManifest {
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly public: boolean;
  readonly hook_attributes: { readonly url: string; readonly active: boolean };
  readonly default_permissions: Readonly<Record<string, string>>;
  readonly default_events: readonly string[];
}

const manifest: Decoder<AppManifest> = object({
  name: text,
  description: text,
  url: text,
  public: flag,
  hook_attributes: object({ url: text, active: flag }),
  default_permissions: recordOf(text),
  default_events: listOf(text),
});

/** @throws Error when `app.yml` of this program is damaged. */
export function readAppManifest(): AppManifest {
  const read = decode(manifest, parse(readFileSync(new URL('../../app.yml', import.meta.url), 'utf8')));
  if (!read.ok) throw new Error(`app.yml: ${read.error}`);
  return read.value;
}

/** Where GitHub sends webhooks, when people reach the bot at this address. */
export const webhookUrlOf = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, '')}${WEBHOOK_PATH}`;
