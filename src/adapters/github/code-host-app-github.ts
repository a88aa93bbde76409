import { instant } from '../../core/model/time.ts';
import type { CodeHostApp, Installation, InstalledRepository, WebhookDelivery } from '../../ports/code-host.ts';
import { collectPages, type GitHubClient, PER_PAGE, withValidToken } from './client.ts';
import { holdsFleetDocument } from './fleet-document.ts';
import { answeredStatus, asPortError } from './github-errors.ts';

const INSTALLATION_PAGES_MAX = 100;
const REPOSITORY_PAGES_MAX = 100;

/** The app on GitHub, with all its installations. */
export class CodeHostAppGitHub implements CodeHostApp {
  readonly #octokit: (installation?: number) => Promise<GitHubClient>;

  #login: Promise<string> | undefined;

  /** @param octokit - authenticated as the app, or as one of its installations: `(installation) => probot.auth(installation)`. */
  constructor(octokit: (installation?: number) => Promise<GitHubClient>) {
    this.#octokit = octokit;
  }

  /** As whom the app writes. Asked for once. @throws PortError */
  login(): Promise<string> {
    this.#login ??= this.#asking('login', async () => {
      const { data } = await (await this.#octokit()).rest.apps.getAuthenticated();
      if (data?.slug === undefined) throw new Error('GitHub does not say what the app is called');
      return `${data.slug}[bot]`;
    }).catch((error: unknown) => {
      this.#login = undefined;
      throw error;
    });
    return this.#login;
  }

  installations(): Promise<readonly Installation[]> {
    return this.#asking('installations', async () => {
      const app = await this.#octokit();
      const pages = app.paginate.iterator(app.rest.apps.listInstallations, { per_page: PER_PAGE });
      const found = await collectPages(pages, INSTALLATION_PAGES_MAX);
      return found.map(({ id, suspended_at: at }) => ({ id, isSuspended: at !== null && at !== undefined }));
    });
  }

  repositories(installation: number): Promise<readonly InstalledRepository[]> {
    return this.#asking('repositories', async () => {
      const client = await this.#octokit(installation);
      const pages = () => client.paginate.iterator(client.rest.apps.listReposAccessibleToInstallation, { per_page: PER_PAGE });
      const found = await withValidToken(client, () => collectPages(pages(), REPOSITORY_PAGES_MAX));
      return found.map((repository) => installed(installation, repository));
    });
  }

  /** By a token for this repository alone, which GitHub refuses for one that the installation does not list. The token is thrown away. */
  repository(installation: number, repository: number): Promise<InstalledRepository | undefined> {
    return this.#asking('repository', async () => {
      const app = await this.#octokit();
      try {
        const { data } = await app.rest.apps.createInstallationAccessToken({
          installation_id: installation,
          repository_ids: [repository],
          permissions: { metadata: 'read' },
        });
        const found = data.repositories?.find(({ id }) => id === repository);
        return found === undefined ? undefined : installed(installation, found);
      } catch (error) {
        if (NOT_LISTED.has(answeredStatus(error) ?? 0)) return undefined;
        throw error;
      }
    });
  }

  deliveries(after: number, most: number): Promise<readonly WebhookDelivery[]> {
    return this.#asking('deliveries', async () => {
      const app = await this.#octokit();
      const found: WebhookDelivery[] = [];
      const pages = app.paginate.iterator(app.rest.apps.listWebhookDeliveries, { per_page: PER_PAGE });
      for await (const { data } of pages) {
        for (const { id, guid, event, delivered_at, status, status_code } of data) {
          if (id <= after || found.length === most) return found;
          const delivered = status_code >= 200 && status_code < 400;
          found.push({ id, guid, event, at: instant(Date.parse(delivered_at)), delivered, status: `${status_code} ${status}` });
        }
      }
      return found;
    });
  }

  redeliver(id: number): Promise<void> {
    return this.#asking('redeliver', async () => {
      const app = await this.#octokit();
      await app.rest.apps.redeliverWebhookDelivery({ delivery_id: id });
    });
  }

  holdsFleet(repository: InstalledRepository): Promise<boolean> {
    return this.#asking('holdsFleet', async () => {
      const client = await this.#octokit(repository.installation);
      return await withValidToken(client, () => holdsFleetDocument(client, repository));
    });
  }

  async #asking<T>(operation: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw asPortError(operation, error);
    }
  }
}

/** The fields that the answers of GitHub about a repository have in common. */
interface RepositoryAnswer {
  readonly id: number;
  readonly owner: { readonly login: string };
  readonly name: string;
  readonly default_branch: string;
  readonly clone_url: string;
  readonly pushed_at: string | null;
  readonly archived: boolean;
  readonly disabled: boolean;
}

const installed = (installation: number, answer: RepositoryAnswer): InstalledRepository => ({
  ...{ id: answer.id, installation, owner: answer.owner.login, name: answer.name },
  ...{ defaultBranch: answer.default_branch, cloneUrl: answer.clone_url, pushedAt: answer.pushed_at ?? '' },
  closed: answer.archived ? 'archived' : answer.disabled ? 'disabled' : undefined,
});

/** The installation is gone, or does not list it. */
const NOT_LISTED: ReadonlySet<number> = new Set([404, 422]);
