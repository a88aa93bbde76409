import { RouteTable } from '../http/route.ts';
import { appRoutes } from './app.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { commitRoutes } from './commits.ts';
import { contentRoutes } from './contents.ts';
import { deliveryRoutes } from './deliveries.ts';
import { forgeOnlyRoutes } from './forge-only.ts';
import { issueRoutes } from './issues.ts';
import { labelRoutes } from './labels.ts';
import { memberRoutes, peopleRoutes } from './people.ts';
import { pullRoutes } from './pulls.ts';
import { refRoutes } from './refs.ts';
import { reviewRoutes } from './reviews.ts';

/** Every operation that is served. Order matters where one path also fits another: checks before `commits/*ref`, comments before issues. */
export const forgeRoutes = (): RouteTable =>
  new RouteTable([
    ...appRoutes,
    ...deliveryRoutes,
    ...peopleRoutes,
    ...memberRoutes,
    ...checkRoutes,
    ...commitRoutes,
    ...refRoutes,
    ...contentRoutes,
    ...reviewRoutes,
    ...pullRoutes,
    ...commentRoutes,
    ...labelRoutes,
    ...issueRoutes,
    ...forgeOnlyRoutes,
  ]);
