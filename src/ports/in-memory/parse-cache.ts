import type { ParsedFile } from '../../core/manifest/model.ts';
import type { BlobId } from '../../core/model/ids.ts';
import type { ParseCache } from '../ports.ts';

/** Keeps every document for as long as it lives itself. */
export class InMemoryParseCache implements ParseCache {
  readonly #parsed = new Map<BlobId, ParsedFile>();

  get(blob: BlobId): ParsedFile | undefined {
    return this.#parsed.get(blob);
  }

  put(blob: BlobId, parsed: ParsedFile): void {
    this.#parsed.set(blob, parsed);
  }
}
