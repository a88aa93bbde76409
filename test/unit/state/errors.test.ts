import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { guarded, toPortError } from '../../../src/adapters/postgres/errors.ts';
import { InvariantError } from '../../../src/core/model/assert.ts';
import { PortError } from '../../../src/ports/port-error.ts';

function refused(code: string): pg.DatabaseError {
  const error = new pg.DatabaseError('value "s3cret" of row 7', 0, 'error');
  error.code = code;
  return error;
}

describe('toPortError', () => {
  it.each([
    ['57P01', 'retry-later', /stopping or starting/],
    ['57P03', 'retry-later', /stopping or starting/],
    ['57014', 'retry-later', /longer than its time limit/],
    ['40001', 'retry-later', /another transaction/],
    ['53100', 'retry-later', /disk .* is full; free some space/],
    ['08P01', 'needs-human', /address of the database itself/],
    ['53300', 'retry-later', /max_connections/],
    ['53400', 'retry-later', /short of a resource/],
    ['25006', 'retry-later', /read-only/],
    ['28P01', 'needs-human', /check user and password/],
    ['3D000', 'needs-human', /does not exist; create it/],
    ['42501', 'needs-human', /lacks a right/],
    ['42P01', 'needs-human', /fault in Flotilla/],
    ['23505', 'needs-human', /rule of the schema/],
    ['XX001', 'needs-human', /restore it from a backup/],
    ['P0001', 'needs-human', /not foreseen/],
  ])('%s is %s', (code, kind, words) => {
    const cause = refused(code);
    const error = toPortError('commit', cause);
    expect(error).toMatchObject({ port: 'state-store', operation: 'commit', retry: { kind }, cause });
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain('s3cret');
  });

  it.each([
    ['a broken socket', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    ['the driver’s own words', new Error('Connection terminated unexpectedly')],
  ])('%s is an outage', (_name, cause) => expect(toPortError('fleet', cause)).toMatchObject({ retry: { kind: 'retry-later' } }));

  it.each([
    ['a PortError', new PortError({ port: 'state-store', operation: 'x', retry: { kind: 'needs-human' }, message: 'y' })],
    ['a broken promise', new InvariantError('x')],
    ['a fault of ours', new TypeError('x is not a function')],
  ])('%s passes through as it is', async (_name, error) => {
    await expect(guarded('fleet', () => Promise.reject(error))).rejects.toBe(error);
  });
});
