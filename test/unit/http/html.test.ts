import { describe, expect, it } from 'vitest';
import { type Content, escapeHtml, html, safeHref, trusted } from '../../../src/http/html/html.ts';

describe('html', () => {
  it.each<[string, Content, string]>([
    ['an element', '<script>alert(1)</script>', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'],
    ['an entity', '&lt;b&gt;', '<p>&amp;lt;b&amp;gt;</p>'],
    ['quotes', `"'`, '<p>&quot;&#39;</p>'],
    ['a number', 0, '<p>0</p>'],
    ['nothing', undefined, '<p></p>'],
    ['null', null, '<p></p>'],
    ['a condition that does not hold', false, '<p></p>'],
    ['a list', ['<', html`<b>1</b>`, [2, undefined]], '<p>&lt;<b>1</b>2</p>'],
    ['markup that is trusted', trusted('<i>x</i>'), '<p><i>x</i></p>'],
  ])('renders %s', (_name, value, want) => {
    expect(html`<p>${value}</p>`.markup).toBe(want);
  });

  it('keeps a value inside its quoted attribute', () => {
    const hostile = '" onmouseover="alert(1)';
    expect(html`<a title="${hostile}">x</a>`.markup).toBe('<a title="&quot; onmouseover=&quot;alert(1)">x</a>');
    expect(html`<a title='${"' onclick='x"}'>x</a>`.markup).toBe("<a title='&#39; onclick=&#39;x'>x</a>");
  });

  it('does not take an object that looks like markup for markup', () => {
    const forged = JSON.parse('{"markup":"<b>"}');
    expect(() => html`<p>${forged}</p>`).toThrow();
  });

  it.each([
    ['without quotes', () => html`<a href=${'x'}>y</a>`],
    ['without quotes, after another value', () => html`<a id="${'x'}" href = ${'x'}>y</a>`],
    ['inside a script', () => html`<script>let a = "${'x'}";</script>`],
    ['inside a style', () => html`<style>p { color: ${'red'} }</style>`],
  ])('refuses a value %s', (_name, template) => {
    expect(template).toThrow();
  });

  it('takes a value in the middle of a quoted attribute', () => {
    expect(html`<a class="x" href="${'/pulls'}?state=${'a"b'}&amp;page=${2}">x</a>`.markup).toBe(
      '<a class="x" href="/pulls?state=a&quot;b&amp;page=2">x</a>',
    );
  });

  it('takes a value after a script, and an equals sign in text', () => {
    expect(html`<script>1</script><p>25 % of 41 = ${10}</p>`.markup).toBe('<script>1</script><p>25 % of 41 = 10</p>');
  });

  it('escapes all five characters', () => {
    expect(escapeHtml(`<a href="x">'&'</a>`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;');
  });
});

describe('safeHref', () => {
  it.each(['https://example.com/a?b#c', 'http://127.0.0.1:3000/', 'HTTPS://EXAMPLE.COM', 'mailto:a@b.c', '/path', '/', '#part', '?page=2'])(
    'takes %s',
    (address) => expect(safeHref(address)).toBe(address),
  );

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,<script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'relative',
    '',
  ])('drops %j', (address) => expect(safeHref(address)).toBeUndefined());

  it('drops what is not there', () => {
    expect(safeHref(undefined)).toBeUndefined();
    expect(safeHref(null)).toBeUndefined();
  });
});
