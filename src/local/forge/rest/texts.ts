import { invalid } from '../http/answer.ts';
import { characters } from '../http/fields.ts';

/** GitHub's limit for the body of an issue, a pull request, a comment or a review. */
export const BODY_CHARACTERS_MAX = 65_536;
const TITLE_CHARACTERS_MAX = 256;

type Resource = 'Issue' | 'PullRequest' | 'IssueComment' | 'PullRequestReview';

/** @throws Refusal 422 */
export function titleText(title: string, resource: Resource): string {
  if (title.trim() === '') throw invalid(resource, 'title', 'missing');
  if (characters(title, TITLE_CHARACTERS_MAX) > TITLE_CHARACTERS_MAX) {
    throw invalid(resource, 'title', 'custom', `title is too long (maximum is ${TITLE_CHARACTERS_MAX} characters)`);
  }
  return title;
}

/** @throws Refusal 422 */
export function bodyText<Body extends string | null>(body: Body, resource: Resource): Body {
  if (body !== null && characters(body, BODY_CHARACTERS_MAX) > BODY_CHARACTERS_MAX) {
    throw invalid(resource, 'body', 'custom', `body is too long (maximum is ${BODY_CHARACTERS_MAX} characters)`);
  }
  return body;
}
