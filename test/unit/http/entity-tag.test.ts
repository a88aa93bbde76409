import { expect, it } from 'vitest';
import { entityTag, hasAlready } from '../../../src/http/entity-tag.ts';

const TAG = entityTag('text');

it.each([
  ['the tag', TAG, true],
  ['the tag as a strong one', TAG.slice('W/'.length), true],
  ['one of several', `"other", ${TAG}`, true],
  ['whatever there is', '*', true],
  ['another', entityTag('other'), false],
  ['a part of it', TAG.slice(0, -2), false],
  ['none', '', false],
  ['no header', undefined, false],
])('%s', (_what, header, has) => expect(hasAlready(header, TAG)).toBe(has));
