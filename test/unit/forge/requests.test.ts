import { expect, it } from 'vitest';
import { characters, Fields } from '../../../src/local/forge/http/fields.ts';
import { pageOf } from '../../../src/local/forge/http/paging.ts';
import type { JsonObject } from '../../../src/local/forge/json.ts';

it.each([
  ['', { number: 1, size: 30, offset: 0 }],
  ['page=3&per_page=10', { number: 3, size: 10, offset: 20 }],
  ['per_page=100', { number: 1, size: 100, offset: 0 }],
  ['per_page=101', { number: 1, size: 100, offset: 0 }],
  ['page=0&per_page=0', { number: 1, size: 30, offset: 0 }],
  ['page=-1&per_page=x', { number: 1, size: 30, offset: 0 }],
  ['page=1e300', { number: 1, size: 30, offset: 0 }],
])('a page by %j', (query, page) => expect(pageOf({ url: new URL(`http://forge/?${query}`) })).toEqual(page));

it.each([
  ['text', (fields: Fields) => fields.text('v'), 7],
  ['text', (fields: Fields) => fields.text('v'), ['x']],
  ['flag', (fields: Fields) => fields.flag('v'), 'true'],
  ['integer', (fields: Fields) => fields.integer('v'), 1.5],
  ['instant', (fields: Fields) => fields.instant('v'), 'yesterday'],
  ['choice', (fields: Fields) => fields.oneOf('v', ['a', 'b']), 'c'],
  ['object', (fields: Fields) => fields.object('v'), []],
  ['list', (fields: Fields) => fields.list('v'), {}],
  ['objects', (fields: Fields) => fields.objects('v'), [{}, 1]],
  ['required text', (fields: Fields) => fields.requiredText('v'), null],
])('a %s that is something else is refused with its place', (_kind, read, value) => {
  expect(() => read(new Fields({ v: value } as JsonObject))).toThrow(/^Invalid request\.\n\n.*v/);
});

it('what is absent, null and there are three things', () => {
  expect([new Fields({}).text('v'), new Fields({ v: null }).text('v'), new Fields({ v: '' }).text('v')]).toEqual([undefined, null, '']);
  expect(new Fields({ v: '2026-11-21T08:00:00Z' }).instant('v')).toBe(Date.UTC(2026, 10, 21, 8));
});

it('counts characters, not UTF-16 units', () => {
  expect(characters('🛶'.repeat(10), 5)).toBe(10);
  expect(characters('abc', 5)).toBe(3);
});
