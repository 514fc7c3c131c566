const ownProxy = /^\/api\/datasources\/proxy\/uid\/binocle(?=\/)/;

/** The host in front of the path, as it stands in a request to a proxy; every server is to understand it (RFC 9112, 3.2.2). */
const hostInFront = /^https?:\/\/[^/?]*/i;

/**
 * The path and query of a request as the routes know them: without a host, without the data source proxy that the page at /explore puts in
 * front, and with single slashes (Loki redirects `//loki/api/v1/push`, which clients with a slash at the end of their base URL send).
 */
export function servedUrl(asked: string): string {
  const url = asked.replace(hostInFront, '');
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return path.replace(/\/{2,}/g, '/').replace(ownProxy, '') + (at < 0 ? '' : url.slice(at));
}
