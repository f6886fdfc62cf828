import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createSignalingServer } from '@rm/signaling-server';

/** A website whose visitors on this machine meet at ws://127.0.0.1:PORT/signaling. */
export async function website(port: number): Promise<{ http: Server; close(): Promise<void> }> {
  const http = createServer((_request, response) => response.end('welcome'));
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const signaling = await createSignalingServer({ server: http, path: '/signaling' });
  return {
    http,
    close: async () => {
      await signaling.close({ drainSpreadMs: 5_000 });
      http.close();
    },
  };
}
