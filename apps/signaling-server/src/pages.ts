import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Signaling } from './signaling.js';

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const plain = (status: number, text: string): Page => ({ status, type: 'text/plain', text });

/** Answers plain HTTP requests: `/healthz`, `/readyz`, `/metrics`. */
export const pages =
  (signaling: Pick<Signaling, 'isReady' | 'metrics'>) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    void pageFor(request, signaling).then(({ status, type, text }) => {
      response.writeHead(status, { 'content-type': type }).end(text);
    });
  };

async function pageFor(
  { method, url = '' }: IncomingMessage,
  signaling: Pick<Signaling, 'isReady' | 'metrics'>,
): Promise<Page> {
  const [path] = url.split('?');
  switch (method === 'GET' ? path : undefined) {
    case '/healthz':
      return plain(200, 'ok\n');
    case '/readyz':
      return signaling.isReady
        ? plain(200, 'ok\n')
        : plain(503, 'shutting down; use another server\n');
    case '/metrics': {
      const { metrics } = signaling;
      return { status: 200, type: metrics.contentType, text: await metrics.text() };
    }
    case undefined:
    default:
      return plain(404, 'This is a signaling server; connect to it by WebSocket.\n');
  }
}
