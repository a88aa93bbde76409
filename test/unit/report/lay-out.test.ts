import { describe, expect, it } from 'vitest';
import { cut, layOut, type Part } from '../../../src/core/report/lay-out.ts';

const table = (count: number, summary?: string): Part => ({
  heads: ['a', 'b'],
  rows: Array.from({ length: count }, (_, n) => [String(n), 'x'.repeat(n)]),
  of: ['row', 'rows'],
  rest: 'See the log.',
  summary,
});

describe('layOut', () => {
  const parts = ['first', table(20), table(20, 'folded'), 'last'];
  const full = layOut(parts, 1_000_000);

  it('keeps every limit, down to the shortest form', () => {
    for (let bytesMax = 200; bytesMax <= full.length + 10; bytesMax += 1)
      expect(layOut(parts, bytesMax).length).toBeLessThanOrEqual(bytesMax);
    expect(layOut(parts, 1)).not.toBe('');
  });

  it('shows every row in exactly the room it needs, and says what it leaves out in less', () => {
    const whole = layOut([table(20)], 1_000_000);
    // The last part is followed by nothing, but its two line ends are reckoned with.
    expect(layOut([table(20)], whole.length + 2)).toBe(whole);
    expect(layOut([table(20)], whole.length + 1)).toMatch(/_\d+ more rows? left out here\. See the log\._$/);
  });

  it('counts bytes, as a check of GitHub does: icons and arrows take three', () => {
    const icons: Part = { ...(table(30) as Extract<Part, object>), rows: Array.from({ length: 30 }, () => ['⚪ → ✅', '😀']) };
    const bytes = Buffer.byteLength(layOut(['→', icons, '✅'], 1_000_000));
    for (let bytesMax = 200; bytesMax <= bytes + 10; bytesMax += 1)
      expect(Buffer.byteLength(layOut(['→', icons, '✅'], bytesMax))).toBeLessThanOrEqual(bytesMax);
    expect(layOut(['→', icons, '✅'], bytes + 2)).not.toContain('left out');
  });

  it('counts rows that were never made', () => {
    const many = { ...(table(2) as Extract<Part, object>), more: 3 };
    expect(layOut([many], 1_000_000)).toContain('_3 more rows left out here. See the log._');
  });

  it('fills the first table before the second', () => {
    const text = layOut(parts, full.length - 100);
    expect(text.match(/left out/g)).toHaveLength(1);
    expect(text.indexOf('left out')).toBeGreaterThan(text.indexOf('folded'));
  });

  it('takes names from the largest list first, and leaves every list its place', () => {
    const list = (intro: string, count: number) => ({ intro, names: Array.from({ length: count }, (_, n) => `${intro}-${n}`), more: 0 });
    const names: Part = { lists: [list('large', 9), list('small', 2)], of: ['name', 'names'], rest: 'See the log.', summary: 'folded' };
    const whole = layOut([names], 1_000_000);
    expect(whole).toContain('large: large-0, large-1');
    expect(whole.indexOf('small: small-0, small-1')).toBeGreaterThan(whole.indexOf('large-8'));
    const less = layOut([names], whole.length - 5);
    expect(less).toContain('small: small-0, small-1\n\n_');
    expect(less).toMatch(/large: large-0, .*large-[0-7]\n\nsmall/);
    for (let bytesMax = 150; bytesMax <= whole.length + 10; bytesMax += 1)
      expect(layOut([names], bytesMax).length).toBeLessThanOrEqual(bytesMax);
  });
});

describe('cut', () => {
  it.each([
    ['as long as the limit', 'x'.repeat(60), 'x'.repeat(60)],
    [
      'a character longer',
      'x'.repeat(61),
      `${'x'.repeat(60 - '\n\n_Cut here: too long for GitHub._'.length)}\n\n_Cut here: too long for GitHub._`,
    ],
    ['as long as the limit in bytes', '→'.repeat(20), '→'.repeat(20)],
    ['an arrow longer', '→'.repeat(21), `${'→'.repeat(8)}\n\n_Cut here: too long for GitHub._`],
  ])('%s', (_name, text, want) => expect(cut(text, 60)).toBe(want));
});
