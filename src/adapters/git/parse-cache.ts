import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ParsedFile } from '../../core/manifest/model.ts';
import { type BlobId, parseBlobId } from '../../core/model/ids.ts';
import type { Log } from '../../ports/log.ts';
import type { ParseCache } from '../../ports/ports.ts';
import { LineFile, type Place } from './line-file.ts';
import { parserKey } from './parser-key.ts';

interface Entry {
  /** `undefined` while the line waits to be written. */
  place: Place | undefined;
  /** The object made of the blob, while somebody holds it. */
  parsed: WeakRef<ParsedFile> | undefined;
  /** Counts uses of the cache, so that the oldest can be told. */
  usedAt: number;
}

/** `blob SP checksum SP json LF`; the checksum is over blob and json, in 8 hex digits. */
const BLOB_LENGTH = 40;
const HEAD_LENGTH = BLOB_LENGTH + 1 + 8 + 1;
const UNWRITTEN_CHARS_MAX = 4 * 1024 * 1024;
/** What was put is written after this long at the latest. */
const FLUSH_AFTER_MS = 1_000;
/** Room for the manifests of some 300,000 clusters; over it, the entries used last keep half. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

export interface ParseCacheOptions {
  /** Entries made under another key are thrown away. Left out: a hash of the schemas and the parser. */
  readonly key?: string;
  readonly fileBytesMax?: number;
}

/**
 * Parsed documents by blob id, on disk: an append-only file of lines, scanned at the start and read when asked for.
 * While an object made of a blob is in use anywhere, the same blob gives that same object.
 *
 * It is a cache: a line that is cut off or damaged is not there, and a disk that cannot be written only costs time.
 */
export class ParseCacheOnDisk implements ParseCache {
  readonly #file: LineFile;
  readonly #entries: Map<BlobId, Entry>;
  readonly #fileBytesMax: number;
  readonly #log: Log;
  readonly #unwritten = new Map<BlobId, string>();
  #unwrittenChars = 0;
  #uses = 0;
  #flushSoon: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: LineFile, entries: Map<BlobId, Entry>, fileBytesMax: number, log: Log) {
    this.#file = file;
    this.#entries = entries;
    this.#fileBytesMax = fileBytesMax;
    this.#log = log;
  }

  /** @param folder - ours alone, and of one process at a time. @throws Error when it cannot be written. */
  static async open(folder: string, log: Log, options: ParseCacheOptions = {}): Promise<ParseCacheOnDisk> {
    await mkdir(folder, { recursive: true });
    const header = `flotilla parse cache 1 ${options.key ?? (await parserKey())}\n`;
    const entries = new Map<BlobId, Entry>();
    const file = await LineFile.open(join(folder, 'parsed-files'), header, BLOB_LENGTH, (begin, place) => {
      const blob = parseBlobId(begin);
      if (blob.ok && place.length > HEAD_LENGTH) entries.set(blob.value, { place, parsed: undefined, usedAt: 0 });
    });
    return new ParseCacheOnDisk(file, entries, options.fileBytesMax ?? FILE_BYTES_MAX, log);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(blob: BlobId): ParsedFile | undefined {
    const entry = this.#entries.get(blob);
    if (entry === undefined) return undefined;
    this.#uses += 1;
    entry.usedAt = this.#uses;
    const known = entry.parsed?.deref();
    if (known !== undefined) return known;
    const parsed = this.#load(blob, entry.place);
    if (parsed === undefined) this.#entries.delete(blob);
    else entry.parsed = new WeakRef(parsed);
    return parsed;
  }

  put(blob: BlobId, parsed: ParsedFile): void {
    this.#uses += 1;
    const known = this.#entries.get(blob);
    if (known !== undefined) {
      Object.assign(known, { parsed: new WeakRef(parsed), usedAt: this.#uses });
      return;
    }
    const line = lineOf(blob, parsed);
    this.#entries.set(blob, { place: undefined, parsed: new WeakRef(parsed), usedAt: this.#uses });
    this.#unwritten.set(blob, line);
    this.#unwrittenChars += line.length;
    this.#flushSoon ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
    if (this.#unwrittenChars > UNWRITTEN_CHARS_MAX) void this.flush();
  }

  /** Writes what was put, and makes the file smaller when it has grown too large. Never throws. */
  flush(): Promise<void> {
    clearTimeout(this.#flushSoon);
    this.#flushSoon = undefined;
    this.#unwrittenChars = 0;
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#append();
        if (this.#file.bytes > this.#fileBytesMax) await this.#forgetOldest();
      } catch (error) {
        this.#log.warn({ err: error }, 'parse cache cannot be written; manifests are parsed again after a restart');
      }
    });
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }

  #load(blob: BlobId, place: Place | undefined): ParsedFile | undefined {
    const unwritten = this.#unwritten.get(blob);
    if (unwritten !== undefined) return parsedOf(blob, Buffer.from(unwritten));
    if (place === undefined) return undefined;
    try {
      const line = this.#file.readLine(place);
      return line === undefined ? undefined : parsedOf(blob, line);
    } catch (error) {
      this.#log.warn({ err: error }, 'parse cache cannot be read; manifests are parsed again');
      return undefined;
    }
  }

  async #append(): Promise<void> {
    const blobs = [...this.#unwritten.keys()];
    const lines = [...this.#unwritten.values()].map((line) => Buffer.from(line));
    try {
      const places = await this.#file.append(lines);
      this.#move(blobs, places);
    } catch (error) {
      // What cannot be written is forgotten, so that a full disk does not fill the memory too.
      for (const blob of blobs) this.#entries.delete(blob);
      throw error;
    } finally {
      for (const blob of blobs) this.#unwritten.delete(blob);
    }
  }

  async #forgetOldest(): Promise<void> {
    const kept: { readonly blob: BlobId; readonly place: Place }[] = [];
    let room = this.#fileBytesMax / 2;
    for (const [blob, { place }] of [...this.#entries].sort((a, b) => b[1].usedAt - a[1].usedAt)) {
      if (place === undefined) continue;
      room -= place.length;
      if (room < 0) this.#entries.delete(blob);
      else kept.push({ blob, place });
    }
    kept.sort((a, b) => a.place.offset - b.place.offset);
    const places = await this.#file.keepOnly(kept.map(({ place }) => place));
    this.#move(
      kept.map(({ blob }) => blob),
      places,
    );
  }

  #move(blobs: readonly BlobId[], places: readonly (Place | undefined)[]): void {
    blobs.forEach((blob, index) => {
      const entry = this.#entries.get(blob);
      const place = places[index];
      if (entry === undefined) return;
      if (place === undefined) this.#entries.delete(blob);
      else entry.place = place;
    });
  }
}

function lineOf(blob: BlobId, parsed: ParsedFile): string {
  const json = JSON.stringify(parsed);
  return `${blob} ${checksum(blob, json)} ${json}\n`;
}

/** @returns `undefined` for a line that is not what was written: its manifest is parsed again. */
function parsedOf(blob: BlobId, line: Buffer): ParsedFile | undefined {
  const json = line.subarray(HEAD_LENGTH, -1);
  if (line.toString('latin1', 0, HEAD_LENGTH) !== `${blob} ${checksum(blob, json)} `) return undefined;
  const written = JSON.parse(json.toString('utf8')) as Written;
  // JSON has no `undefined`: a document that did not pass was written as null.
  return { ...written, documents: written.documents.map((document) => document ?? undefined) };
}

interface Written extends Omit<ParsedFile, 'documents'> {
  readonly documents: readonly (ParsedFile['documents'][number] | null)[];
}

const checksum = (blob: BlobId, json: string | Buffer): string => crc32(json, crc32(blob)).toString(16).padStart(8, '0');
