import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NODE_FLAGS } from '../../../src/local/demo/local-run.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../../..', name), 'utf8');

it('the bot is started with the same flags by npm, in the container, and where it is measured', () => {
  expect(read('package.json')).toContain(`"start": "node --env-file-if-exists=flotilla.env ${NODE_FLAGS.join(' ')} src/main.ts"`);
  expect(read('Dockerfile')).toContain(
    `CMD ${JSON.stringify(['node', '--env-file-if-exists=flotilla.env', ...NODE_FLAGS, 'src/main.ts']).replaceAll(',', ', ')}`,
  );
});
