import { type RawBuilder, sql } from 'kysely';
import { type Decoder, decode } from '../../core/model/decode.ts';
import { storeError } from './errors.ts';
import { jsonText } from './json-text.ts';

/** Rows in one statement: 2,000 targets are one round trip, and 100,000 specs never one statement of 100 MB. */
const ROWS_PER_STATEMENT = 5_000;

export type Row = Readonly<Record<string, unknown>>;

/** Rows as a table of the database, in one parameter: `json_to_recordset` with these columns. */
export function recordset(
  rows: readonly Row[],
  columns: Readonly<Record<string, 'text' | 'bigint' | 'integer' | 'boolean' | 'jsonb'>>,
): RawBuilder<unknown> {
  const definition = sql.raw(
    Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', '),
  );
  return sql`json_to_recordset(${jsonText(rows)}::json) as x(${definition})`;
}

export function* inChunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) yield rows.slice(from, from + ROWS_PER_STATEMENT);
}

/** One jsonb parameter. */
export const jsonb = (value: unknown): RawBuilder<never> => sql<never>`${jsonText(value)}::jsonb`;

/** One text parameter. PostgreSQL cannot store U+0000. */
export const plainText = (value: string): string => value.replaceAll('\u0000', '\ufffd').toWellFormed();

/**
 * @param row - by the names of its columns.
 * @throws PortError that names table, key and column, when the row is not what this program writes.
 */
export function readRow<T>(table: string, key: string, decoder: Decoder<T>, row: unknown): T {
  const read = decode(decoder, row);
  if (read.ok) return read.value;
  throw storeError(
    'read',
    'needs-human',
    `the row ${JSON.stringify(key)} of table ${table} is not what this version writes, column ${read.error}; was it changed by hand? restore it from a backup`,
  );
}

/** Of several with one key the last: one statement cannot write a row twice. */
export const lastOfEach = <T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] => [
  ...new Map(items.map((item) => [keyOf(item), item])).values(),
];
