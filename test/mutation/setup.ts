import fc from 'fast-check';

/** One seed for all mutants, so that a score can be repeated; no shrinking, because nobody reads the counterexample. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['FC_SEED']), endOnFailure: true });
