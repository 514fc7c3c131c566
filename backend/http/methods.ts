import type { RequestHandler, Router } from 'express';

/** What a router keeps of each `get`, `post` and `use`; not in express' types. */
interface Layer {
  match(path: string): unknown;
  route?: { methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
}

/** Answers 405, as Loki's router does, where a path is served under other methods. Stands behind the routes. */
export function methodNotAllowed(routes: Router): RequestHandler {
  const layers = routesOf(routes.stack as unknown as Layer[]);
  return (request, response, next) => {
    const methods = layers.filter((layer) => layer.match(request.path)).flatMap(({ route }) => Object.keys(route?.methods ?? {}));
    // Express answers OPTIONS itself when nobody else does.
    if (methods.length === 0 || request.method === 'OPTIONS') {
      next();
      return;
    }
    response.set('Allow', [...new Set(methods.map((method) => method.toUpperCase()))].join(', '));
    response.status(405).end();
  };
}

const routesOf = (stack: Layer[]): Layer[] => stack.flatMap((layer) => (layer.route ? [layer] : routesOf(layer.handle.stack ?? [])));
