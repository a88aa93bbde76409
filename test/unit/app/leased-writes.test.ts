import { describe, expect, it } from 'vitest';
import { FleetNames, leasedDataPlane, leasedFetch } from '../../../src/app/leased-writes.ts';
import type { DataPlane } from '../../../src/ports/data-plane.ts';
import { FLEET } from '../../support/state/builders.ts';

describe('a request to the code host', () => {
  const sent: string[] = [];
  const names = new FleetNames();
  // The key of the fleet is older than the name of its repository.
  names.note({ id: FLEET, owner: 'Acme', name: 'renamed' });
  const fetch = leasedFetch(
    (fleet) => fleet !== FLEET,
    names,
    async (input) => {
      sent.push(String(input));
      return new Response();
    },
  );
  const OURS = 'https://ghe.example/api/v3/repos/acme/Renamed';

  it.each([
    ['POST', `${OURS}/check-runs`],
    ['PATCH', `${OURS}/issues/comments/1`],
    ['post', `${OURS}/issues`],
    ['DELETE', `${OURS}/issues/1/labels/x`],
  ])('%s %s is not sent without the lease of its fleet', async (method, url) => {
    sent.length = 0;
    await expect(fetch(url, { method })).rejects.toThrow('another replica works on acme/clusters now');
    expect(sent).toEqual([]);
  });

  it.each([
    ['GET', `${OURS}/check-runs`],
    ['POST', 'https://ghe.example/api/v3/repos/acme/other/check-runs'],
    ['POST', 'https://ghe.example/api/v3/repos/acme/clusters/check-runs'],
    ['POST', 'https://ghe.example/api/v3/app/installations/1/access_tokens'],
  ])('%s %s is sent', async (method, url) => {
    sent.length = 0;
    await fetch(url, { method });
    expect(sent).toEqual([url]);
  });
});

describe('a data plane', () => {
  it('gets orders only while the lease is held, and is asked all the same', async () => {
    let isHeld = true;
    const asked: string[] = [];
    const real: DataPlane = {
      name: 'east',
      apply: async () => {
        asked.push('apply');
        return [];
      },
      observe: async () => {
        asked.push('observe');
        return [];
      },
      list: async () => {
        asked.push('list');
        return [];
      },
      watch: () => void asked.push('watch'),
    };
    const leased = leasedDataPlane(real, () => isHeld);
    await leased.apply([]);
    isHeld = false;
    await expect(leased.apply([])).rejects.toMatchObject({ port: 'data-plane', retry: { kind: 'retry-later' } });
    await leased.observe([]);
    await leased.list();
    leased.watch(() => undefined, new AbortController().signal);
    expect([leased.name, asked]).toEqual(['east', ['apply', 'observe', 'list', 'watch']]);
  });
});
