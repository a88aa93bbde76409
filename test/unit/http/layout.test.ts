import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { moment, relativeTime } from '../../../src/http/html/components.ts';
import { html } from '../../../src/http/html/html.ts';
import { type PageLayout, renderLayout } from '../../../src/http/html/layout.ts';
import { liveScript, liveScriptHash } from '../../../src/http/html/live.ts';
import { pageHeaders } from '../../../src/http/html/policy.ts';

const page: PageLayout = {
  title: '</title><script>alert(1)</script>',
  site: { name: 'Forge', href: '/' },
  nav: [{ href: '/', label: 'Home', current: true }],
  main: html`<h1>Hello</h1>`,
  stylesheet: '/style.css',
};

describe('renderLayout', () => {
  it('has the landmarks, the language and the way past the navigation', () => {
    const text = renderLayout(page);
    expect(text).toMatch(/^<!doctype html>/);
    for (const part of [
      '<html lang="en">',
      '<a class="skip" href="#main">',
      '<main id="main"',
      '<nav aria-label="Main">',
      'name="viewport"',
      'aria-current="page"',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('escapes the title', () => {
    expect(renderLayout(page)).toContain('<title>&lt;/title&gt;&lt;script&gt;');
  });

  it('carries a script only while something is pending', () => {
    expect(renderLayout(page)).not.toContain('<script');
    expect(renderLayout({ ...page, liveSeconds: 3 })).toContain('<script data-seconds="3">');
  });
});

describe('the content security policy', () => {
  it('lets exactly the one script run that pages may carry', async () => {
    const source = liveScript(2)
      .markup.replace(/^<script[^>]*>/, '')
      .replace(/<\/script>$/, '');
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(source));
    expect(liveScriptHash).toBe(`'sha256-${Buffer.from(digest).toString('base64')}'`);
    expect(pageHeaders['content-security-policy']).toContain(`script-src ${liveScriptHash};`);
    expect(pageHeaders['content-security-policy']).not.toMatch(/unsafe|\*/);
  });
});

describe('times', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  it.each([
    [0, 'just now'],
    [999, 'just now'],
    [1_000, '1 second ago'],
    [59_999, '59 seconds ago'],
    [60_000, '1 minute ago'],
    [3_600_000, '1 hour ago'],
    [2 * 86_400_000, '2 days ago'],
    [-120_000, 'in 2 minutes'],
  ])('%i ms back is %s', (distance, words) => expect(relativeTime(now - distance, now)).toBe(words));

  it('gives the machine the absolute time', () => {
    expect(moment('2026-11-21T11:00:00Z', now).markup).toBe(
      '<time datetime="2026-11-21T11:00:00.000Z" title="2026-11-21 11:00:00 UTC">1 hour ago</time>',
    );
  });

  it('shows what is not a time as it is', () => expect(moment('<soon>', now).markup).toBe('<span>&lt;soon&gt;</span>'));
});

describe('colours', () => {
  const sheet = readFileSync(new URL('../../../src/http/html/style.css', import.meta.url), 'utf8');
  const [light = '', dark = ''] = [...sheet.matchAll(/:root \{([\s\S]*?)\}/g)].map((match) => match[1] ?? '');
  const grounds = ['ground', 'surface', 'sunken'];
  const pairs: readonly (readonly [string, string])[] = [
    ...['text', 'quiet', 'link'].flatMap((text) => grounds.map((ground) => [text, ground] as const)),
    ...['good', 'bad', 'busy', 'warn', 'calm', 'done'].flatMap((tone) => [[tone, `${tone}-soft`] as const, [tone, 'surface'] as const]),
    ...['good', 'bad', 'busy', 'warn', 'done'].map((tone) => ['text', `${tone}-soft`] as const),
    ['quiet', 'good-soft'],
    ['quiet', 'bad-soft'],
    ['link', 'busy-soft'],
    ['on-accent', 'accent'],
  ];

  it.each([
    ['light', light],
    ['dark', dark],
  ])('have a contrast of at least 4.5 in the %s scheme', (_scheme, block) => {
    const colour = (name: string) => new RegExp(`--${name}: #([0-9a-f]{6});`).exec(block)?.[1] ?? 'missing';
    const weak = pairs.filter(([text, ground]) => !(contrast(colour(text), colour(ground)) >= 4.5)).map((pair) => pair.join(' on '));
    expect(weak).toEqual([]);
  });
});

/** Contrast of two colours by WCAG 2.2; NaN when one is not a colour. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = Number.NaN, green = Number.NaN, blue = Number.NaN] = (hex.match(/../g) ?? []).map((pair) => {
    const value = Number.parseInt(pair, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
