/** Markup that is safe to send as it is. Made only by `html`, `join` and `trusted`. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

/** What may stand in a template. Absent values render as nothing, so that `condition && html` reads well. */
export type Content = Html | string | number | false | undefined | null | readonly Content[];

/**
 * A template whose values are escaped for text and for quoted attributes.
 *
 * @throws Error when a value stands where escaping cannot protect: unquoted in a tag, or inside script or style.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  if (!checked.has(strings)) check(strings);
  let markup = strings[0] ?? '';
  values.forEach((value, index) => {
    markup += render(value) + (strings[index + 1] ?? '');
  });
  return new Html(markup);
}

/** Markup from a sanitiser or a constant. Never from a user. */
export const trusted = (markup: string): Html => new Html(markup);

export const nothing = new Html('');

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/**
 * An address for `href`: only http, https, mailto and paths of this site; anything else becomes undefined.
 *
 * Browsers drop tabs and line breaks inside a scheme, so `java\nscript:` is judged without them.
 */
export function safeHref(address: string | undefined | null): string | undefined {
  if (address === undefined || address === null) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a browser ignores.
  const seen = address.replace(/[\u0000-\u0020]/g, '');
  if (/^(https?:\/\/|mailto:)/i.test(seen)) return address;
  return /^(\/(?![/\\])|#|\?)/.test(seen) ? address : undefined;
}

function render(value: Content): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

/** Templates are constants of the program: each is judged once. */
const checked = new WeakSet<TemplateStringsArray>();

function check(strings: TemplateStringsArray): void {
  let before = '';
  for (const part of strings.slice(0, -1)) {
    before += part;
    // In a tag, with every quote closed, and an equals sign last. A whole fragment between attributes is fine.
    if (/<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*=\s*$/.test(before))
      throw new Error(`a value needs quotes around it: …${before.slice(-40)}`);
    if (/<(script|style)\b[^>]*>(?:(?!<\/\1)[\s\S])*$/i.test(before)) throw new Error('a value may not stand inside script or style');
  }
  checked.add(strings);
}
