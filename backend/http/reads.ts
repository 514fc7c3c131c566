import type { Request, Response, Router } from 'express';
import type { AppSettings } from './deps';
import { tenantsOf } from './tenants';

/** Answers a question of these tenants. */
type ReadAnswer = (request: Request, response: Response, tenants: string[]) => Promise<void>;

/** Serves questions by GET and by POST. Who may not ask is told that before anything else of the request is looked at, as in Loki. */
export function servingReads(router: Router, settings: AppSettings): (paths: string | string[], answer: ReadAnswer) => void {
  return (paths, answer) => {
    const ofTenants = (request: Request, response: Response): Promise<void> => answer(request, response, tenantsOf(request, settings));
    router.get(paths, ofTenants);
    router.post(paths, ofTenants);
  };
}
