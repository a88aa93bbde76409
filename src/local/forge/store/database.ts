import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

type Columns = Readonly<Record<string, SQLInputValue>>;

/** A row as its query names it: the type parameter is a promise that the schema of this folder keeps. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, schema: string) {
    this.#connection = new DatabaseSync(file);
    // EXCLUSIVE: a second forge on the same folder would send every webhook twice; the lock ends with the process, however that ends.
    // FULL: what was answered with 201 is on disk, also after a power cut.
    this.#connection.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;',
    );
    this.#connection.exec(schema);
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values) as readonly unknown[] as readonly Row[];
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  /** @returns how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** @param row - by column; the names are constants of the program. @returns the id of the new row. */
  insert(table: string, row: Columns): number {
    const names = Object.keys(row);
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    return Number(this.#prepare(sql).run(...Object.values(row)).lastInsertRowid);
  }

  /** Sets columns of the rows that have these values. */
  update(table: string, where: Columns, changes: Columns): void {
    const each = (columns: Columns, between: string): string =>
      Object.keys(columns)
        .map((name) => `${name} = ?`)
        .join(between);
    const sql = `UPDATE ${table} SET ${each(changes, ', ')} WHERE ${each(where, ' AND ')}`;
    this.run(sql, ...Object.values(changes), ...Object.values(where));
  }

  /** All of `work`, or nothing. Inside another transaction it is part of that one. */
  transaction<T>(work: () => T): T {
    if (this.#connection.isTransaction) return work();
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#connection.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
