import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fleetRecord } from '../../support/state/builders.ts';
import { commandLaws } from './command-laws.ts';
import { commitLaws, desiredLaws } from './commit-laws.ts';
import { failureLaws } from './failure-laws.ts';
import { fleetLaws, projectionLaws } from './fleet-laws.ts';
import { inboxLaws, jobLaws } from './inbox-laws.ts';
import { ledgerLaws, policyLaws, stopLaws } from './memory-laws.ts';
import { auditLaws, evidenceLaws, orderLaws } from './order-laws.ts';
import { pullLaws } from './pull-laws.ts';
import { rolloutLaws } from './rollout-laws.ts';
import type { StoreUnderTest } from './under-test.ts';

/** What every state store promises, whatever is behind it. */
export function stateStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`state store contract: ${name}`, () => {
    let opened: StoreUnderTest;
    const under = () => opened;

    beforeEach(async () => {
      opened = await open();
      await opened.store.saveFleet(fleetRecord());
    });
    afterEach(() => opened.close());

    fleetLaws(under);
    projectionLaws(under);
    pullLaws(under);
    commandLaws(under);
    commitLaws(under);
    desiredLaws(under);
    policyLaws(under);
    ledgerLaws(under);
    stopLaws(under);
    rolloutLaws(under);
    failureLaws(under);
    orderLaws(under);
    evidenceLaws(under);
    auditLaws(under);
    inboxLaws(under);
    jobLaws(under);

    it('is healthy while it answers', async () => {
      expect(await opened.store.healthy()).toBe(true);
    });
  });
}
