import type { Route } from '../http/route.ts';
import { appRoutes } from './app.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { commitRoutes } from './commits.ts';
import { deliveryRoutes } from './deliveries.ts';
import { forgeOnlyRoutes } from './forge-only.ts';
import { gitObjectRoutes } from './git-objects.ts';
import { issueRoutes } from './issues.ts';
import { labelRoutes } from './labels.ts';
import { peopleRoutes, repositoryRoutes } from './people.ts';
import { pullRoutes } from './pulls.ts';
import { reviewRoutes } from './reviews.ts';

/** Every operation that is served. Order matters where one path also fits another: comments before issues. */
export const forgeRoutes: readonly Route[] = [
  ...appRoutes,
  ...deliveryRoutes,
  ...peopleRoutes,
  ...repositoryRoutes,
  ...checkRoutes,
  ...commitRoutes,
  ...gitObjectRoutes,
  ...reviewRoutes,
  ...pullRoutes,
  ...commentRoutes,
  ...labelRoutes,
  ...issueRoutes,
  ...forgeOnlyRoutes,
];
