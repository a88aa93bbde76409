import type { BlobId, ClusterId } from '../model/ids.ts';
import type { DocumentPlace } from '../model/problem.ts';
import type { Cluster, Fleet, Freeze, Manifest, Operation, Product, Release, Strategy, Window } from './generated.ts';

/** One YAML file of the manifest root, at one commit. `path` is relative to the repository. */
export interface ManifestFile {
  readonly path: string;
  /** Of a link, the id of what stands in its place, which is never read. */
  readonly blob: BlobId;
  /** Absent for a file that is one. */
  readonly link?: LinkKind;
}

/** What git can put in the place of a file or folder, and what it is not. */
export type LinkKind = 'symbolic link' | 'submodule';

/** What is wrong, before its line is known. */
export interface UnlocatedProblem {
  readonly place: DocumentPlace;
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

/** What a source says of one file: its text, or why there is none. */
export type ManifestText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'not-utf8' }
  | { readonly kind: 'link'; readonly link: LinkKind };

/** What one blob says: depends on its bytes alone, so it is cached by blob id for ever. */
export interface ParsedFile {
  /** One entry for each document; `undefined` where the document is empty, or did not pass. */
  readonly documents: readonly (Manifest | undefined)[];
  readonly problems: readonly FileProblem[];
  /** What the documents that did not pass meant to be, as far as it can be told. Absent when all passed. */
  readonly failed?: readonly FailedDocument[];
}

/** A document that did not pass. References to it are not wrong, so they are not reported as well. */
export interface FailedDocument {
  readonly kind: Manifest['kind'] | undefined;
  readonly name: string | undefined;
}

/** A problem of a file whose name is not known yet. */
export interface FileProblem {
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

/** A document and where it stands. */
export interface Located<T> {
  readonly value: T;
  readonly file: string;
  readonly index: number;
}

/** All manifests of a fleet at one commit, cross-checked: every reference in it resolves. */
export interface FleetModel {
  readonly fleet: Located<Fleet>;
  readonly products: ReadonlyMap<string, Located<Product>>;
  readonly strategies: ReadonlyMap<string, Located<Strategy>>;
  readonly releases: ReadonlyMap<string, Located<Release>>;
  readonly clusters: ReadonlyMap<ClusterId, Located<Cluster>>;
  readonly windows: ReadonlyMap<string, Located<Window>>;
  readonly freezes: ReadonlyMap<string, Located<Freeze>>;
  readonly operations: ReadonlyMap<string, Located<Operation>>;
  /** The one release that selects each cluster. */
  readonly releaseOf: ReadonlyMap<ClusterId, string>;
}
