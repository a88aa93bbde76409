import { type Decoder, decode, number, object } from '../../core/model/decode.ts';
import { err, ok, type Result } from '../../core/model/result.ts';

const REQUEST_MS_MAX = 15_000;
const created: Decoder<{ readonly id: number }> = object({ id: number });

/** The check is required on the default branch, and counts only when this app has made it. */
export const rulesetFor = (appId: number): object => ({
  name: 'Flotilla',
  target: 'branch',
  enforcement: 'active',
  conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
  rules: [
    {
      type: 'required_status_checks',
      parameters: {
        strict_required_status_checks_policy: false,
        do_not_enforce_on_create: true,
        required_status_checks: [{ context: 'flotilla / plan', integration_id: appId }],
      },
    },
  ],
});

/** @returns the id of the ruleset, or why there is none, in words. */
export async function makeRuleset(options: {
  readonly apiUrl: string;
  readonly repository: string;
  readonly token: string;
  readonly appId: number;
}): Promise<Result<number, string>> {
  const { apiUrl, repository, token, appId } = options;
  try {
    const response = await fetch(`${apiUrl}/repos/${repository}/rulesets`, {
      method: 'POST',
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'user-agent': 'flotilla-setup',
      },
      body: JSON.stringify(rulesetFor(appId)),
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    if (response.status !== 201)
      return err(`GitHub did not make the ruleset (${response.status}): the token must be of an administrator of ${repository}`);
    const read = decode(created, await response.json());
    return read.ok ? ok(read.value.id) : err('GitHub made the ruleset, and did not say which it is');
  } catch (error) {
    return err(`GitHub could not be asked for the ruleset (${error instanceof Error ? error.message : 'no answer'})`);
  }
}
