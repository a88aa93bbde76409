import { Marked, type Tokens } from 'marked';
import sanitizeHtml from 'sanitize-html';
import { escapeHtml, type Html, html, trusted } from '../../../http/html/html.ts';
import { linkReferences, type ReferenceContext } from './references.ts';

/** Longer text is shown unrendered: GitHub takes no longer comment or check summary, and the parser is quadratic in hostile text. */
const LENGTH_MAX = 65_536;

/** GitHub Flavored Markdown as GitHub would show it, with everything that could run, load or escape its frame removed. */
export function renderMarkdown(text: string, context: ReferenceContext): Html {
  if (text.trim() === '') return trusted('');
  if (text.length > LENGTH_MAX) return plain(text);
  let markup: string;
  try {
    markup = parser.parse(text.replaceAll(SEAM, ''), { async: false });
  } catch (error) {
    // The parser calls itself once for each level of nesting, so that hostile depth ends on the stack.
    if (error instanceof RangeError) return plain(text);
    throw error;
  }
  return trusted(`<div class="markdown">${linkReferences(sanitizeHtml(markup, SANITIZE), context, SEAM)}</div>`);
}

const plain = (text: string): Html => html`<div class="markdown"><pre><code>${text}</code></pre></div>`;

/**
 * Where a hidden comment stood. GitHub drops the comment and does not join the words on both sides of it, so that
 * `@<!-- -->name` mentions nobody; a private-use character keeps them apart until references are linked.
 */
const SEAM = '\uE000';
const HIDDEN_COMMENT = /<!--(?:-?>|[\s\S]*?(?:-->|$))/g;

const ALERTS: Readonly<Record<string, string>> = {
  NOTE: 'Note',
  TIP: 'Tip',
  IMPORTANT: 'Important',
  WARNING: 'Warning',
  CAUTION: 'Caution',
};

type Token = Tokens.Blockquote['tokens'][number];

/** `> [!WARNING]` alone on the first line of a quotation, and something after it. */
function alertOf(tokens: readonly Token[]): { readonly kind: string; readonly tokens: Token[] } | undefined {
  const [first, ...rest] = tokens;
  if (first?.type !== 'paragraph') return undefined;
  const [marker, ...inline] = first.tokens ?? [];
  const match = marker?.type === 'text' ? /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)/i.exec(marker.raw) : null;
  if (marker === undefined || match === null) return undefined;
  const after = marker.raw.slice(match[0].length);
  const onOwnLine = match[0].endsWith('\n') || inline.length === 0 || inline[0]?.type === 'br';
  if (!onOwnLine) return undefined;
  const kept =
    after === '' ? inline.slice(inline[0]?.type === 'br' ? 1 : 0) : [{ ...marker, raw: after, text: after, escaped: false }, ...inline];
  const body = kept.length === 0 ? rest : [{ ...first, tokens: kept } as Token, ...rest];
  return body.length === 0 ? undefined : { kind: (match[1] ?? '').toUpperCase(), tokens: body };
}

/** A line break in the source is one on the page, as GitHub does it outside of files. */
const parser = new Marked({ gfm: true, breaks: true }).use({
  renderer: {
    html: ({ text }) => text.replace(HIDDEN_COMMENT, SEAM),
    image: ({ href, text }) => `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}">`,
    code: ({ text, lang }) => {
      const language = /^[\w+#.-]+/.exec(lang ?? '')?.[0];
      return `<pre><code${language === undefined ? '' : ` class="language-${language}"`}>${escapeHtml(text)}\n</code></pre>\n`;
    },
    blockquote({ tokens }) {
      const alert = alertOf(tokens);
      if (alert === undefined) return `<blockquote>\n${this.parser.parse(tokens)}</blockquote>\n`;
      const kind = alert.kind.toLowerCase();
      const title = `<p class="markdown-alert-title">${ALERTS[alert.kind]}</p>`;
      return `<div class="markdown-alert markdown-alert-${kind}">${title}\n${this.parser.parse(alert.tokens)}</div>\n`;
    },
  },
});

const LINK_RELATION = 'nofollow noopener noreferrer';

/** The elements GitHub keeps (its html-pipeline allow-list), without its pictures: those become links, as nothing is loaded from elsewhere. */
const SANITIZE: sanitizeHtml.IOptions = {
  allowedTags:
    'h1 h2 h3 h4 h5 h6 p br hr div span b i strong em u s strike del ins mark small sub sup tt code pre kbd samp var q abbr cite dfn time bdo wbr a ul ol li dl dt dd blockquote table thead tbody tfoot tr th td caption figure figcaption details summary ruby rt rp input'.split(
      ' ',
    ),
  allowedAttributes: {
    '*': ['align', 'dir', 'lang', 'title'],
    a: ['href', 'rel'],
    code: ['class'],
    div: ['class'],
    p: ['class'],
    details: ['open'],
    input: ['type', 'checked', 'disabled', 'aria-label'],
    ol: ['start', 'reversed'],
    td: ['colspan', 'rowspan'],
    th: ['colspan', 'rowspan', 'scope'],
    time: ['datetime'],
  },
  allowedClasses: {
    code: [/^language-[\w+#.-]+$/],
    div: ['markdown-alert', /^markdown-alert-(note|tip|important|warning|caution)$/],
    p: ['markdown-alert-title'],
  },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard',
  nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title', 'iframe', 'object', 'template', 'svg', 'math', 'xmp'],
  nestingLimit: 100,
  transformTags: {
    a: (tagName, attributes) => ({ tagName, attribs: { ...attributes, rel: LINK_RELATION } }),
    img: (_, attributes) => ({
      tagName: 'a',
      attribs: { href: attributes['src'] ?? '', rel: LINK_RELATION },
      text: escapeHtml(`image: ${attributes['alt'] || attributes['src'] || 'without an address'}`),
    }),
    // Only task lists have one, and there nobody can tick it.
    input: (tagName, attributes): sanitizeHtml.Tag => {
      const checked: sanitizeHtml.Attributes = 'checked' in attributes ? { checked: '' } : {};
      return {
        tagName,
        attribs: { type: 'checkbox', disabled: '', 'aria-label': 'checked' in attributes ? 'done' : 'not done', ...checked },
      };
    },
  },
};
