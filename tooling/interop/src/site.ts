import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

const signalingProtocol = new URL('../../../packages/signaling-protocol/', import.meta.url);
const zod = createRequire(new URL('package.json', signalingProtocol)).resolve('zod/package.json');

/** What is served: the page, and as they were built the modules that its import map names. */
const FOLDERS: Readonly<Record<string, URL>> = {
  '/page/': new URL('../dist/page/', import.meta.url),
  '/signaling-protocol/': new URL('dist/', signalingProtocol),
  '/zod/': pathToFileURL(`${dirname(zod)}/`),
  '/': new URL('../page/', import.meta.url),
};

/** The page on a web server of this machine. */
export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page at `url`, on a free port of the loopback address. */
export async function serveSite(): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname === '/' ? '/index.html' : pathname;
    const [prefix, folder] = Object.entries(FOLDERS).find(([start]) => path.startsWith(start))!;
    const type = TYPES[extname(path)];
    const answer = async (): Promise<void> => {
      const body = await readFile(fileURLToPath(new URL(`./${path.slice(prefix.length)}`, folder)));
      response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' }).end(body);
    };
    const refuse = (): void => void response.writeHead(404).end();
    if (type === undefined) refuse();
    else answer().catch(refuse);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
