import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The one style sheet of all pages, under an address that changes with its content, so that it may be cached for ever. */
export interface Stylesheet {
  readonly path: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

const text = readFileSync(new URL('./style.css', import.meta.url), 'utf8');
const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);

export const stylesheet: Stylesheet = {
  path: `/_assets/style.${hash}.css`,
  text,
  headers: {
    'content-type': 'text/css; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  },
};
