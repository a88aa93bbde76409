import { type Content, type Html, html } from './html.ts';
import { liveScript } from './live.ts';

export interface NavLink {
  readonly href: string;
  readonly label: Content;
  readonly current?: boolean;
}

export interface PageLayout {
  /** For the tab; the page's own heading is in `main`. */
  readonly title: string;
  readonly site: { readonly name: string; readonly href: string };
  readonly nav: readonly NavLink[];
  /** Right of the navigation: who is signed in, say. */
  readonly account?: Content;
  /** Where the page stands: links from the outside in, above the heading. */
  readonly trail?: readonly NavLink[];
  readonly main: Content;
  readonly footer?: Content;
  /** Address of the style sheet. */
  readonly stylesheet: string;
  /** Whole seconds between two looks for news of the regions marked `data-live`; only while something is pending. */
  readonly liveSeconds?: number | undefined;
}

/** A whole page. Nothing in it needs the script, and nothing comes from another host. */
export function renderLayout(page: PageLayout): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · ${page.site.name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${page.stylesheet}">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<div class="top-inner">
<a class="brand" href="${page.site.href}">${mark}<span>${page.site.name}</span></a>
<nav aria-label="Main"><ul>${page.nav.map(navItem)}</ul></nav>
${page.account !== undefined && html`<div class="account">${page.account}</div>`}
</div>
</header>
<main id="main" tabindex="-1">
${page.trail !== undefined && page.trail.length > 0 && html`<nav class="trail" aria-label="Where you are"><ol>${page.trail.map(navItem)}</ol></nav>`}
${page.main}
</main>
<footer class="bottom">${page.footer}</footer>
${page.liveSeconds !== undefined && liveScript(page.liveSeconds)}
</body>
</html>
`.markup;
}

const navItem = (link: NavLink): Html =>
  html`<li><a href="${link.href}"${link.current === true && html` aria-current="page"`}>${link.label}</a></li>`;

/** Three hulls, one behind the other. */
const mark = html`<svg class="mark" viewBox="0 0 20 16" width="20" height="16" aria-hidden="true" focusable="false"><path d="M1 10.5h8l-1.6 3.6H2.6zM11 10.5h8l-1.6 3.6h-4.8zM6 4h8l-1.6 3.6H7.6z"/></svg>`;
