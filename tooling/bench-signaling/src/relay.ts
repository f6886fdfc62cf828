// The measure of the server: the least that can carry the same messages. It trusts everybody, and
// has neither limits nor heartbeat nor checks; what it costs is WebSockets and JSON.parse.
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly result?: { readonly request_id: string };
}

interface Seat {
  readonly id: string;
  readonly room: Map<string, WebSocket>;
}

const rooms = new Map<string, Map<string, WebSocket>>();
const seats = new Map<WebSocket, Seat>();
/** Who waits for the answer of an offer, by its `request_id`. */
const callers = new Map<string, WebSocket>();

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const message = JSON.parse(text) as Message;
    if (message.method === 'peer.announce') announce(socket, message);
    else if (message.method === undefined) answer(text, message);
    else {
      if (message.id !== undefined) callers.set(message.params['request_id']!, socket);
      seats.get(socket)?.room.get(message.params['to']!)?.send(text);
    }
  });
  socket.on('close', () => {
    const seat = seats.get(socket);
    if (seat === undefined) return;
    seats.delete(socket);
    seat.room.delete(seat.id);
    tell(seat.room, 'peer.left', { peer_id: seat.id, reason: 'left' });
  });
});

function announce(socket: WebSocket, { id, params }: Message): void {
  const name = params['room']!;
  const room = rooms.get(name) ?? new Map<string, WebSocket>();
  rooms.set(name, room);
  const peers = [...room.keys()].map((peer_id) => ({ peer_id }));
  const peer_id = params['peer_id']!;
  socket.send(JSON.stringify({ jsonrpc: '2.0', result: { peers }, id }));
  tell(room, 'peer.announced', { peer_id });
  room.set(peer_id, socket);
  seats.set(socket, { id: peer_id, room });
}

function answer(text: string, { result }: Message): void {
  if (result === undefined) return;
  callers.get(result.request_id)?.send(text);
  callers.delete(result.request_id);
}

function tell(room: Map<string, WebSocket>, method: string, params: object): void {
  const text = JSON.stringify({ jsonrpc: '2.0', method, params });
  for (const member of room.values()) member.send(text);
}

server.on('listening', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`relay listening on ws://127.0.0.1:${port}\n`);
});
for (const end of ['SIGTERM', 'disconnect']) process.once(end, () => process.exit(0));
