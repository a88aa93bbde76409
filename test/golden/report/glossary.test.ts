import { expect, it } from 'vitest';
import { renderGlossary } from '../../../src/core/report/glossary.ts';

it('the glossary has the words that people are shown', async () => {
  await expect(renderGlossary()).toMatchFileSnapshot('../../../docs/glossary.md');
});
