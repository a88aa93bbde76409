import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../src/local/forge/pages/markdown.ts';

const context = { owner: 'acme', name: 'fleet', hasIssue: (number: number) => number <= 10 };
const render = (text: string): string =>
  renderMarkdown(text, context)
    .markup.replace(/^<div class="markdown">/, '')
    .replace(/<\/div>$/, '')
    .trim();

describe('hostile Markdown', () => {
  it.each([
    ['a script', '<script>alert(1)</script>after', 'after'],
    ['a script in capitals, broken', '<ScRiPt src=//e.example/x.js>', ''],
    ['an event handler', '<b onclick="alert(1)">x</b>', '<p><b>x</b></p>'],
    ['a style', '<b style="position:fixed;inset:0">x</b>', '<p><b>x</b></p>'],
    ['a style sheet', '<style>*{display:none}</style>x', 'x'],
    ['a frame', '<iframe src="https://e.example"></iframe>x', 'x'],
    ['a frame with a document', '<iframe srcdoc="<script>alert(1)</script>"></iframe>', ''],
    ['a form', '<form action="/pull/1/merge" method=post><button>Merge</button></form>', 'Merge'],
    ['a page that reloads elsewhere', '<meta http-equiv=refresh content="0;url=//e.example">x', 'x'],
    ['a new base', '<base href="//e.example/">x', 'x'],
    ['vector graphics with a script', '<svg onload=alert(1)><script>alert(1)</script></svg>x', '<p>x</p>'],
    ['mathematics as a smuggler', '<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>x', '<p>x</p>'],
    ['a template', '<template><script>alert(1)</script></template>x', '<p>x</p>'],
    ['raw text elements', '<noscript><p title="</noscript><img src=x onerror=alert(1)>">', '<p></p>'],
    ['an id that shadows the page', '<p id="main" name="csrf">x</p>', '<p>x</p>'],
    ['a class of the page', '<div class="skip flash">x</div>', '<div>x</div>'],
    ['a data attribute', '<div data-live>x</div>', '<div>x</div>'],
  ])('%s is taken away', (_name, text, want) => expect(render(text)).toBe(want));

  const LOUD =
    /<(script|style|iframe|form|meta|base|svg|math|img|object|embed|link|template|noscript|textarea|button|select)\b|\son\w+=|javascript:|srcdoc|style=/i;

  it.each([
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#9;script:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '[x](javascript:alert)',
    '[x](&#106;avascript:alert)',
    '![x](javascript:alert)',
    '[x]: javascript:alert\n\n[x]',
    '<javascript:alert>',
    '<object data="x"></object>',
    '<embed src=x>',
    '<details ontoggle=alert(1) open><summary>x</summary></details>',
    '<input onfocus=alert(1) autofocus>',
    '<input type=image src=x onerror=alert(1)>',
    '<p <script>alert(1)</script>>',
    '<<script>alert(1);//<</script>',
    '<a title="x\'><img src=x onerror=alert(1)>">y</a>',
    '```"><img src=x onerror=alert(1)>\ncode\n```',
    '```html\n</code></pre><img src=x onerror=alert(1)>\n```',
    '<textarea><img src=x onerror=alert(1)></textarea>',
    '<title><img src=x onerror=alert(1)></title>',
    '<!--><img src=x onerror=alert(1)>-->',
    '<!-- x --!><img src=x onerror=alert(1)> -->',
    '| a |\n|-|\n| <img src=x onerror=alert(1)> |',
    '> [!WARNING]\n> <img src=x onerror=alert(1)>',
    '\uE000<img src=x onerror=alert(1)>\uE000',
    '@alice"><img src=x onerror=alert(1)>',
  ])('%j leaves nothing that runs or loads', (text) => {
    const markup = renderMarkdown(text, context).markup;
    // Text that is escaped may say anything: only tags are judged.
    const tags = (markup.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/title="[^"]*"/, '')).join('');
    expect(tags).not.toMatch(LOUD);
  });

  it('cannot leave its frame', () => {
    const markup = renderMarkdown('</div></article></main><h1>Merged</h1><div><div>', context).markup;
    const depth = [...markup.matchAll(/<(\/?)div\b/g)].map((match) => (match[1] === '/' ? -1 : 1));
    let open = 0;
    for (const [index, step] of depth.entries()) {
      open += step;
      if (index < depth.length - 1) expect(open).toBeGreaterThan(0);
    }
    expect(open).toBe(0);
    expect(markup).not.toContain('</main>');
  });

  it.each([
    ['at the limit, rendered', 65_536, '<em>a</em>'],
    ['over it, as it is', 65_537, '<pre><code>*a*'],
  ])('a text %s', (_name, length, want) => {
    expect(renderMarkdown('*a*'.padEnd(length, ' b'), context).markup).toContain(want);
  });

  it('shows nesting too deep for the parser as it is', () => {
    expect(renderMarkdown('>'.repeat(60_000), context).markup.length).toBeGreaterThan(60_000);
  });
});

describe('GitHub Flavored Markdown', () => {
  it.each([
    ['line breaks of comments', 'a\nb', '<p>a<br />b</p>'],
    ['struck out text', '~~a~~', '<p><del>a</del></p>'],
    ['keys, sub- and superscript', '<kbd>x</kbd><sub>1</sub><sup>2</sup>', '<p><kbd>x</kbd><sub>1</sub><sup>2</sup></p>'],
    ['hidden comments', 'a<!-- flotilla: x -->b', '<p>ab</p>'],
    [
      'a mermaid diagram as its code',
      '```mermaid\ngraph TD; a-->b\n```',
      '<pre><code class="language-mermaid">graph TD; a--&gt;b\n</code></pre>',
    ],
    [
      'an image as a link',
      '![logo](https://e.example/x.png)',
      '<p><a href="https://e.example/x.png" rel="nofollow noopener noreferrer">image: logo</a></p>',
    ],
    ['a quotation that is no alert', '> [!NOTE] x', '<blockquote>\n<p>[!NOTE] x</p>\n</blockquote>'],
    ['an alert with nothing in it', '> [!NOTE]', '<blockquote>\n<p>[!NOTE]</p>\n</blockquote>'],
    [
      'an alert',
      '> [!WARNING]\n> careful **now**\n>\n> - really',
      '<div class="markdown-alert markdown-alert-warning"><p class="markdown-alert-title">Warning</p>\n<p>careful <strong>now</strong></p>\n<ul>\n<li>really</li>\n</ul>\n</div>',
    ],
  ])('renders %s', (_name, text, want) => expect(render(text)).toBe(want));

  it('keeps details, with Markdown inside', () => {
    const markup = render('<details><summary>3 clusters</summary>\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n</details>');
    expect(markup).toMatch(
      /^<details><summary>3 clusters<\/summary><table>[\s\S]*<td align="right">2<\/td>[\s\S]*<\/table>\s*<\/details>$/,
    );
  });

  it('shows task lists that cannot be ticked', () => {
    expect(render('- [x] done\n- [ ] not')).toContain('<input type="checkbox" disabled aria-label="done" checked /> done');
  });
});

describe('mentions and references', () => {
  const mention = (login: string) => `<span class="user-mention">@${login}</span>`;
  it.each([
    ['a mention', 'hi @alice!', `hi ${mention('alice')}!`],
    ['a mention at the start', '@alice', mention('alice')],
    ['a mention after a backslash, as GitHub sees it', '\\@alice', mention('alice')],
    ['a mention written with an entity', '&#64;alice', mention('alice')],
    ['a mention in bold', '**@alice**', `<strong>${mention('alice')}</strong>`],
    ['a team', '@acme/on-call', mention('acme/on-call')],
    ['an issue', 'see #7', 'see <a class="issue-link" href="/acme/fleet/issues/7">#7</a>'],
    ['an issue by the old form', 'GH-7', '<a class="issue-link" href="/acme/fleet/issues/7">GH-7</a>'],
    ['an issue elsewhere', 'nodejs/node#12', '<a class="issue-link" href="/nodejs/node/issues/12">nodejs/node#12</a>'],
  ])('links %s', (_name, text, want) => expect(render(text)).toBe(`<p>${want}</p>`));

  it.each([
    ['code', '`@alice #7`', '<code>@alice #7</code>'],
    ['a link', '[@alice](https://e.example)', '<a href="https://e.example" rel="nofollow noopener noreferrer">@alice</a>'],
    ['an address of mail', 'x@', 'x@'],
    ['a package', 'npm/@scope', 'npm/@scope'],
    ['a mention broken by a hidden comment', '@<!-- -->alice', '@alice'],
    ['a mention broken by a joiner', '@\u2060alice', '@\u2060alice'],
    ['a number that no issue has', '#11', '#11'],
    ['a reference broken by a hidden comment', '#<!-- -->7', '#7'],
    ['a number in a word', 'a#7b', 'a#7b'],
    ['an entity', '&amp;#39;', '&amp;#39;'],
  ])('leaves alone %s', (_name, text, want) => expect(render(text)).toBe(`<p>${want}</p>`));
});
