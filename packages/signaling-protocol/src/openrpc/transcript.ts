import { Hub } from '../hub/index.js';
import type { HubInput, SocketId } from '../hub/index.js';
import { notificationText, requestText, resultText } from '../json-rpc/index.js';
import type { JsonRpcParams } from '../json-rpc/index.js';
import type { Micros } from '../time.js';
import { METHOD_DOCS } from './method-docs.js';

const ALICE: SocketId = 1;
const BOB: SocketId = 2;
const NOW = 0 as Micros;
const nameOf = (socket: SocketId): string => (socket === ALICE ? 'alice' : 'bob');

/**
 * What a real hub says when two peers meet, one line per WebSocket message: who sends, who
 * receives, the text. The messages are the examples of the methods.
 */
export function meetingTranscript(): string[] {
  const hub = new Hub({ wallClock: () => '2026-01-02T03:04:05.678Z' });
  const lines: string[] = [];

  const feed = (input: HubInput): void => {
    hub.handle(input);
    for (let out = hub.poll(); out !== undefined; out = hub.poll()) {
      if (out.kind === 'send') lines.push(`server → ${nameOf(out.socket)}: ${out.text}`);
    }
  };
  const say = (socket: SocketId, text: string): void => {
    lines.push(`${nameOf(socket)} → server: ${text}`);
    feed({ kind: 'text', now: NOW, socket, text });
  };
  const announce = (socket: SocketId, params: JsonRpcParams): void => {
    feed({ kind: 'opened', now: NOW, socket });
    say(socket, requestText(1, 'peer.announce', params));
  };

  const alice = example('peer.announce');
  announce(BOB, { ...METHOD_DOCS['peer.announced']?.toClient, room: alice['room'] });
  announce(ALICE, alice);
  say(ALICE, requestText(2, 'peer.offer', example('peer.offer')));
  say(BOB, resultText(1, METHOD_DOCS['peer.offer']?.result));
  for (const method of ['peer.ice_candidate', 'peer.state_changed', 'peer.disconnect']) {
    say(ALICE, notificationText(method, example(method)));
  }
  lines.push('alice closes her WebSocket');
  feed({ kind: 'closed', now: NOW, socket: ALICE, clean: true });
  return lines;
}

const example = (method: string): Readonly<Record<string, unknown>> =>
  METHOD_DOCS[method]?.toHub ?? {};
