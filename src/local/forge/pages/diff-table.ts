import { plural } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { annotationBody, placeOf } from './checks.ts';
import type { DiffLine, FileDiff, Hunk } from './diff.ts';
import type { AnnotationView } from './views.ts';

const STATUS_WORDS: Record<FileDiff['status'], string> = { added: 'Added', removed: 'Removed', modified: 'Changed', renamed: 'Renamed' };
const SIGNS: Record<DiffLine['kind'], { readonly sign: string; readonly word: string }> = {
  added: { sign: '+', word: 'added' },
  removed: { sign: '−', word: 'removed' },
  same: { sign: ' ', word: '' },
  note: { sign: '\\', word: '' },
};

/** Files with more lines than this are folded: they can be opened, but do not bury the rest. */
const OPEN_LINES_MAX = 400;

export interface DiffOptions {
  readonly files: readonly FileDiff[];
  readonly cut: boolean;
  readonly annotations: readonly AnnotationView[];
}

/** Files of a change, each with its unified diff, and annotations under the lines they speak of. */
export function renderDiff(options: DiffOptions): Html {
  const additions = options.files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = options.files.reduce((sum, file) => sum + file.deletions, 0);
  return html`<p class="quiet">${plural(options.files.length, 'file')} changed, ${plural(additions, 'line')} added, ${plural(deletions, 'line')} removed.</p>
${options.cut && html`<p class="note">${icon('info')} The change is too large to show whole: the rest of it is in git.</p>`}
${options.files.map((file) => renderFile(options, file))}`;
}

function renderFile(options: DiffOptions, file: FileDiff): Html {
  const hunks = file.hunks ?? [];
  const lines = hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const annotations = options.annotations.filter((annotation) => annotation.path === file.path);
  const shown = new Set(hunks.flatMap((hunk) => hunk.lines.map((line) => line.newNumber)));
  const elsewhere = annotations.filter((annotation) => !shown.has(annotation.endLine));
  const open = lines <= OPEN_LINES_MAX || annotations.length > 0;
  return html`<details class="diff-file"${open && html` open`}>
<summary><span class="path">${icon('file')}<code>${file.oldPath !== undefined && `${file.oldPath} → `}${file.path}</code></span><span class="diff-count"><span>${STATUS_WORDS[file.status]}</span> <span class="added">+${file.additions}</span> <span class="removed">−${file.deletions}</span></span></summary>
${elsewhere.length > 0 && html`<ul class="annotations">${elsewhere.map((each) => html`<li class="annotation">${annotationBody(each, html`<code>${placeOf(each)}</code>`)}</li>`)}</ul>`}
${diffContent(file, annotations)}
</details>`;
}

function diffContent(file: FileDiff, annotations: readonly AnnotationView[]): Html {
  if (file.hunks === undefined) return html`<p class="empty">Not text, or too long: the difference cannot be shown here.</p>`;
  if (file.hunks.length === 0)
    return html`<p class="empty">${file.status === 'renamed' ? 'Renamed without a change.' : 'No line changed.'}</p>`;
  return html`<div class="diff-scroll" tabindex="0" role="region" aria-label="Difference in ${file.path}"><table class="diff">
<thead class="hidden"><tr><th scope="col">Old line</th><th scope="col">New line</th><th scope="col">Change</th><th scope="col">Text</th></tr></thead>
<tbody>${file.hunks.map((hunk) => renderHunk(hunk, annotations))}</tbody>
</table></div>`;
}

function renderHunk(hunk: Hunk, annotations: readonly AnnotationView[]): Html {
  return html`<tr class="hunk"><td colspan="4">${hunk.header}</td></tr>
${hunk.lines.map((line) => html`${renderLine(line)}${annotations.filter((each) => each.endLine === line.newNumber).map(annotationRow)}`)}`;
}

function renderLine(line: DiffLine): Html {
  const { sign, word } = SIGNS[line.kind];
  return html`<tr class="line-${line.kind}"><td class="number">${line.oldNumber}</td><td class="number">${line.newNumber}</td><td class="sign">${sign}${word !== '' && html`<span class="hidden">${word}</span>`}</td><td class="code">${line.text}</td></tr>
`;
}

const annotationRow = (annotation: AnnotationView): Html =>
  html`<tr class="annotation-row"><td colspan="4"><div class="annotation">${annotationBody(annotation, html`<code>${placeOf(annotation)}</code>`)}</div></td></tr>
`;
