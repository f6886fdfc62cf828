import type { IncomingMessage } from 'node:http';

/**
 * The token of a request, from `Authorization: Bearer` (RFC 6750 §2.1) or, as browsers cannot set
 * headers on a WebSocket, from `access_token` in the query (§2.3); `undefined` if neither is there.
 */
export function bearerToken({ headers, url }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
  const query = url?.split('?', 2)[1];
  return query === undefined
    ? undefined
    : (new URLSearchParams(query).get('access_token') ?? undefined);
}
