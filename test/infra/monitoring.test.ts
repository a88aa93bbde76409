import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const promtool = (...args: readonly string[]) =>
  promisify(execFile)('promtool', args, { cwd: new URL('../../docs/monitoring', import.meta.url).pathname });

describe('the alert rules, to Prometheus itself', () => {
  it('are well formed', async () => {
    expect((await promtool('check', 'rules', 'alerts.yml')).stdout).toContain('SUCCESS');
  });

  it('fire when they should, and not before', async () => {
    expect((await promtool('test', 'rules', 'alerts.test.yml')).stdout).toContain('SUCCESS');
  });
});
