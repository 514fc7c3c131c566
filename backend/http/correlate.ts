import { Router, type Request, type Response } from 'express';
import { correlate, type CorrelateDeps, type LogSide } from '../correlate/endpoint';
import { makeJsonClient, NoAnswer } from '../correlate/jsonClient';
import { Prometheus, type TimeWindow } from '../correlate/prometheus';
import type { LabelSet } from '../../src/correlate';
import { RequestError, badRequest } from '../model/errors';
import { labelsObject } from '../model/labels';
import { answerInTurn, ask } from './ask';
import { closing } from './closing';
import type { AppDeps } from './deps';
import { parseSelector } from './logql';
import { readForm } from './params';
import { queryLimits } from './queryLimits';
import { sendHeld } from './roomyAnswer';
import { tenantOf, tenantsOf } from './tenants';

/** `/binocle/api/v1/correlate`: logs and metrics joined on the server, for pages and tools without a Grafana between. */
export function correlateRoutes(deps: AppDeps): Router {
  const router = Router();
  const path = '/binocle/api/v1/correlate';
  const answer = async (request: Request, response: Response): Promise<void> => {
    const gone = closing(response);
    const form = await readForm(request, deps);
    const answered = await correlate(form, correlateDeps(request, deps), gone).catch((error: unknown) => {
      throw error instanceof RequestError || gone.aborted ? error : asGatewayError(error);
    });
    await sendHeld(request, response, deps, JSON.stringify(answered));
  };
  router.get(path, answer);
  router.post(path, answer);
  return router;
}

/** What went wrong at the Prometheus is not our mistake: 502 with its words. */
function asGatewayError(error: unknown): unknown {
  return error instanceof NoAnswer ? new RequestError(502, error.message) : error;
}

function correlateDeps(request: Request, deps: AppDeps): CorrelateDeps {
  const { datasources } = deps.settings;
  return {
    logs: logSide(request, deps),
    prometheus: (uid) => {
      const url = datasources.get(uid ?? [...datasources.keys()][0] ?? '');
      return url === undefined ? undefined : new Prometheus(makeJsonClient(url));
    },
    nowMs: () => Number(deps.now() / 1_000_000n),
  };
}

const ns = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;
const rangeOf = ({ startMs, endMs }: TimeWindow): { startNs: bigint; endNs: bigint } => ({ startNs: ns(startMs), endNs: ns(endMs) });

function logSide(request: Request, deps: AppDeps): LogSide {
  return {
    range: async (query, { stepMs, ...window }, signal) => {
      const tenants = tenantsOf(request, deps.settings);
      const asked = { kind: 'range' as const, tenants, query, ...rangeOf(window), stepNs: ns(stepMs), limit: 0, direction: 'forward' as const, intervalNs: 0 };
      const { result } = await ask(deps, asked, { limits: queryLimits(deps, tenants), signal }, (answer) => answer);
      if (result.kind !== 'matrix') {
        throw badRequest('a metric query is expected');
      }
      const steps = Math.floor((window.endMs - window.startMs) / stepMs) + 1;
      return result.series.map(({ labels, points }) => {
        const values = new Array<number | null>(steps).fill(null);
        for (const { tsMs, value } of points) {
          const at = Math.round((tsMs - window.startMs) / stepMs);
          if (at >= 0 && at < steps) {
            values[at] = value;
          }
        }
        return { metric: labelsObject(labels), values };
      });
    },
    instant: async (query, atMs, signal) => {
      const tenants = tenantsOf(request, deps.settings);
      const { result } = await ask(deps, { kind: 'instant', tenants, query, timeNs: ns(atMs) }, { limits: queryLimits(deps, tenants), signal }, (answer) => answer);
      return result.kind === 'vector' ? result.samples.map(({ labels, value }) => ({ metric: labelsObject(labels), value })) : [];
    },
    sets: async (selector, window, signal) => {
      const groups = [selector === undefined ? [] : parseSelector(selector)];
      return JSON.parse(await answerInTurn(deps, { kind: 'series', tenants: tenantsOf(request, deps.settings), ...rangeOf(window), groups }, signal)) as LabelSet[];
    },
    patterns: (selector, windows, signal) =>
      answerInTurn(deps, { kind: 'patternCounts', tenants: [tenantOf(request, deps.settings)], matchers: parseSelector(selector), ranges: windows.map(rangeOf) }, signal),
  };
}
