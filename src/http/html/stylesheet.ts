import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A style sheet of pages, under an address that changes with its content, so that it may be cached for ever. */
export interface Stylesheet {
  readonly path: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function stylesheetOf(text: string): Stylesheet {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return {
    path: `/_assets/style.${hash}.css`,
    text,
    headers: { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' },
  };
}

export const stylesheet: Stylesheet = stylesheetOf(readFileSync(new URL('./style.css', import.meta.url), 'utf8'));
