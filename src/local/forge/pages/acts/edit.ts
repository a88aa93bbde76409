import { openPullLocked } from '../../actions/pulls.ts';
import { announceRefChanges } from '../../actions/ref-changes.ts';
import { isBranchName, NO_SHA } from '../../git/names.ts';
import { RefMoved } from '../../git/repository.ts';
import { writeCommit, writeTree } from '../../git/write.ts';
import { hasRole } from '../../shapes/repository.ts';
import { gitOf, isoPerson } from '../../world.ts';
import { addressOf } from '../addresses.ts';
import { go, goWithTrouble, type PageAnswer, page, type RepositoryContext } from '../context.ts';
import { renderEditPage } from '../file.ts';
import { lineOf, textOf } from '../form.ts';
import { fileContent, findPlace, type Place, repositoryRef } from '../load/repository.ts';
import type { EditView } from '../page-views.ts';
import { refusalWords } from './trouble.ts';

/** The form, with the file as it is now. */
export async function editForm(context: RepositoryContext): Promise<PageAnswer> {
  const file = await editable(context);
  if (file === undefined) return notEditable(context);
  return page(renderEditPage(context.shell, freshView(context, file)));
}

interface EditableFile {
  readonly place: Place;
  readonly text: string;
}

async function editable(context: RepositoryContext): Promise<EditableFile | undefined> {
  const git = gitOf(context.world, context.repository);
  const place = await findPlace(git, context.params['rest'] ?? '');
  if (place === undefined || !place.isBranch) return undefined;
  const content = await fileContent(git, place);
  return content?.kind === 'text' ? { place, text: content.text } : undefined;
}

function notEditable(context: RepositoryContext): PageAnswer {
  const home = addressOf({ owner: context.repository.owner_login, name: context.repository.name }).home;
  return goWithTrouble(home, 'Only a text file on a branch can be edited here.');
}

function freshView(context: RepositoryContext, file: EditableFile): EditView {
  const { path, branch, sha } = file.place;
  const repository = repositoryRef(context.world, context.repository);
  return {
    repository,
    branch,
    path,
    readAt: sha,
    text: file.text,
    subject: `Change ${path.slice(path.lastIndexOf('/') + 1)}`,
    body: '',
    newBranch: `${context.session.account.login}/change-${context.world.now().toString(36)}`,
    // On the branch of a pull request, a further commit is what people want; on the default branch a review is.
    target: branch === repository.defaultBranch ? 'new-branch' : 'same-branch',
    problem: undefined,
  };
}

/** Commits the text of the form, to a new branch with a pull request, or to the branch it was read from. */
export async function commitEdit(context: RepositoryContext): Promise<PageAnswer> {
  const file = await editable(context);
  if (file === undefined) return notEditable(context);
  const { fields } = context;
  const sent: EditView = {
    ...freshView(context, file),
    readAt: lineOf(fields, 'readAt'),
    text: textOf(fields, 'text'),
    subject: lineOf(fields, 'subject'),
    body: textOf(fields, 'body'),
    newBranch: lineOf(fields, 'newBranch'),
    target: fields.get('target') === 'same-branch' ? 'same-branch' : 'new-branch',
  };
  const problem = roleTrouble(context) ?? problemOf(sent, file);
  if (problem !== undefined) return again(context, sent, problem);
  return context.world.locks.run(context.repository.id, () => commitLocked(context, sent, file));
}

/** Checked here, because the commit is made without the REST API: it has no way to commit and open in one step. */
function roleTrouble(context: RepositoryContext): string | undefined {
  const { account } = context.session;
  if (hasRole(context.world.store.repositories.roleOf(context.repository.id, account.id), 'write')) return undefined;
  return `${account.login} may only read this repository. Switch to a user who may write to it.`;
}

/** What was typed is shown again, with what is wrong: nobody types a file twice. */
const again = (context: RepositoryContext, sent: EditView, problem: string): PageAnswer =>
  page(renderEditPage(context.shell, { ...sent, problem }), 422);

function problemOf(sent: EditView, file: EditableFile): string | undefined {
  if (sent.subject === '') return 'Say in one line what changes.';
  if (withLineEndsOf(sent.text, file.text) === file.text) return 'The text is the same as before: there is nothing to commit.';
  if (sent.target === 'new-branch' && !isBranchName(sent.newBranch))
    return 'The name of the new branch is not a name that git takes: use letters, digits, “-” and “/”.';
  return undefined;
}

/** Forms send every line end as CR LF; the file keeps its own. */
const withLineEndsOf = (text: string, file: string): string => (file.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text);

async function commitLocked(context: RepositoryContext, sent: EditView, file: EditableFile): Promise<PageAnswer> {
  const { world, repository, session } = context;
  const git = gitOf(world, repository);
  const { branch, path } = file.place;
  const tip = await git.branch(branch);
  const now = tip === undefined ? undefined : await fileContent(git, { sha: tip, path });
  const then = await fileContent(git, { sha: (await git.commitOf(sent.readAt)) ?? NO_SHA, path }).catch(() => undefined);
  if (tip === undefined || now?.kind !== 'text' || then?.kind !== 'text' || now.text !== then.text) {
    const words = `${path} was changed on ${branch} while you were editing. Copy your text, open the file again, and make the change there.`;
    return again(context, sent, words);
  }
  const tree = await writeTree(git, tip, new Map([[path, withLineEndsOf(sent.text, now.text)]]));
  const person = isoPerson(world, session.account);
  const message = sent.body.trim() === '' ? `${sent.subject}\n` : `${sent.subject}\n\n${sent.body.trim()}\n`;
  const commit = await writeCommit(git, { tree, parents: [tip], message, author: person, committer: isoPerson(world, undefined) });
  const target = sent.target === 'new-branch' ? sent.newBranch : branch;
  try {
    await git.updateRef(`refs/heads/${target}`, commit, sent.target === 'new-branch' ? NO_SHA : tip);
  } catch (error) {
    if (error instanceof RefMoved)
      return again(
        context,
        sent,
        sent.target === 'new-branch' ? `A branch ${target} exists already: choose another name.` : `${branch} has moved: send it again.`,
      );
    throw error;
  }
  await announceRefChanges(world, repository, session.account);
  return sent.target === 'new-branch' ? openFor(context, sent) : committed(context, sent);
}

async function openFor(context: RepositoryContext, sent: EditView): Promise<PageAnswer> {
  const { world, repository, session } = context;
  const address = addressOf({ owner: repository.owner_login, name: repository.name });
  try {
    const draft = {
      title: sent.subject,
      body: sent.body,
      headRef: sent.newBranch,
      baseRef: sent.branch,
      draft: false,
      author: session.account,
      viaApp: false,
    };
    return go(address.pull((await openPullLocked(world, repository, draft)).number), 'Opened.');
  } catch (error) {
    return goWithTrouble(address.compare(sent.branch, sent.newBranch), refusalWords(error));
  }
}

function committed(context: RepositoryContext, sent: EditView): PageAnswer {
  const { world, repository } = context;
  const address = addressOf({ owner: repository.owner_login, name: repository.name });
  const pull = world.store.pulls.openOf(repository.id).find((each) => each.head_ref === sent.branch);
  return go(pull === undefined ? address.blob(sent.branch, sent.path) : address.pull(pull.number), 'Committed.');
}
