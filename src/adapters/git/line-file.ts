import { constants, readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/** Where a line is in the file, its line feed included. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

const LINE_FEED = 10;
const SCAN_BYTES = 4 * 1024 * 1024;
/** Lines are mostly read in the order in which they were written. */
const READ_AHEAD_BYTES = 64 * 1024;
const WRITE_BYTES = 4 * 1024 * 1024;

/** Read and write at given places, and made when it is not there: none of the letters that `open` knows says that. */
const openForWriting = (path: string): Promise<FileHandle> => open(path, constants.O_RDWR | constants.O_CREAT);

/** An append-only file of lines under a header. A last line that a crash cut off is dropped when the file is opened. */
export class LineFile {
  readonly #path: string;
  readonly #header: string;
  #file: FileHandle;
  #bytes: number;
  #readAhead = { start: 0, bytes: Buffer.alloc(0) };

  private constructor(path: string, header: string, file: FileHandle, bytes: number) {
    this.#path = path;
    this.#header = header;
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Opens the file; one with another header is begun anew.
   *
   * @param onLine - told of each whole line, and its first `beginLength` bytes.
   */
  static async open(path: string, header: string, beginLength: number, onLine: (begin: string, place: Place) => void): Promise<LineFile> {
    await rm(newPath(path), { force: true });
    const file = await openForWriting(path);
    const start = Buffer.alloc(header.length);
    await file.read(start, 0, header.length, 0);
    if (start.toString('latin1') !== header) {
      await file.truncate(0);
      await file.write(header, 0);
      return new LineFile(path, header, file, header.length);
    }
    const bytes = await scan(file, header.length, beginLength, onLine);
    await file.truncate(bytes);
    return new LineFile(path, header, file, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws Error of the file system. */
  async append(lines: readonly Buffer[]): Promise<readonly Place[]> {
    const places = await writeLines(this.#file, this.#bytes, lines);
    this.#bytes = endOf(places, this.#bytes);
    this.#readAhead = { start: 0, bytes: Buffer.alloc(0) };
    return places;
  }

  /** @returns `undefined` when the file ends before the line. @throws Error of the file system. */
  readLine({ offset, length }: Place): Buffer | undefined {
    const from = offset - this.#readAhead.start;
    if (from >= 0 && from + length <= this.#readAhead.bytes.length) return this.#readAhead.bytes.subarray(from, from + length);
    const bytes = Buffer.allocUnsafe(Math.max(length, READ_AHEAD_BYTES));
    const count = readSync(this.#file.fd, bytes, 0, bytes.length, offset);
    this.#readAhead = { start: offset, bytes: bytes.subarray(0, count) };
    return count < length ? undefined : bytes.subarray(0, length);
  }

  /**
   * Keeps these lines alone: in a new file, which takes the old one's place when it is complete.
   *
   * @returns the new places, in the same order; `undefined` for a line that is not there.
   */
  async keepOnly(places: readonly Place[]): Promise<readonly (Place | undefined)[]> {
    const fresh = await openForWriting(newPath(this.#path));
    await fresh.truncate(0);
    await fresh.write(this.#header, 0);
    const moved: (Place | undefined)[] = [];
    let end = this.#header.length;
    for (const lines of this.#portions(places)) {
      const written = await writeLines(
        fresh,
        end,
        lines.filter((line) => line !== undefined),
      );
      end = endOf(written, end);
      const next = written.values();
      for (const line of lines) moved.push(line === undefined ? undefined : next.next().value);
    }
    await rename(newPath(this.#path), this.#path);
    const old = this.#file;
    this.#file = fresh;
    this.#bytes = end;
    this.#readAhead = { start: 0, bytes: Buffer.alloc(0) };
    await old.close();
    return moved;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  *#portions(places: readonly Place[]): Generator<readonly (Buffer | undefined)[]> {
    let portion: (Buffer | undefined)[] = [];
    let bytes = 0;
    for (const place of places) {
      portion.push(this.readLine(place));
      bytes += place.length;
      if (bytes < WRITE_BYTES) continue;
      yield portion;
      portion = [];
      bytes = 0;
    }
    yield portion;
  }
}

const newPath = (path: string): string => `${path}.new`;

function endOf(places: readonly Place[], start: number): number {
  const last = places.at(-1);
  return last === undefined ? start : last.offset + last.length;
}

async function writeLines(file: FileHandle, start: number, lines: readonly Buffer[]): Promise<readonly Place[]> {
  const places: Place[] = [];
  let end = start;
  for (const { length } of lines) {
    places.push({ offset: end, length });
    end += length;
  }
  const all = Buffer.concat(lines);
  for (let written = 0; written < all.length; ) {
    const { bytesWritten } = await file.write(all, written, all.length - written, start + written);
    written += bytesWritten;
  }
  return places;
}

/** @returns the end of the last whole line. */
async function scan(file: FileHandle, from: number, beginLength: number, onLine: (begin: string, place: Place) => void): Promise<number> {
  let room = Buffer.allocUnsafe(SCAN_BYTES);
  for (let position = from; ; ) {
    const { bytesRead } = await file.read(room, 0, room.length, position);
    const filled = room.subarray(0, bytesRead);
    let start = 0;
    for (let end = filled.indexOf(LINE_FEED); end >= 0; end = filled.indexOf(LINE_FEED, start)) {
      onLine(filled.toString('latin1', start, Math.min(start + beginLength, end)), { offset: position + start, length: end + 1 - start });
      start = end + 1;
    }
    position += start;
    if (bytesRead < room.length) return position;
    // Not one line feed in all of it: the line is longer than the room.
    if (start === 0) room = Buffer.allocUnsafe(room.length * 2);
  }
}
