/** A thread that reads manifests, one after another. What it is sent, and what it sends back, are plain data. */
import { parentPort } from 'node:worker_threads';
import { locatorOf } from '../../core/manifest/locate.ts';
import type { ManifestText } from '../../core/manifest/model.ts';
import { parseFile } from '../../core/manifest/parse-file.ts';
import type { PlaceInFile } from '../../ports/manifest-parser.ts';

export type Question =
  | { readonly kind: 'parse'; readonly content: ManifestText }
  | { readonly kind: 'locate'; readonly text: string; readonly places: readonly PlaceInFile[] };

const answer = (question: Question): unknown =>
  question.kind === 'parse' ? parseFile(question.content) : question.places.map(locatorOf(question.text));

parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)));
