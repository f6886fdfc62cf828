import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CANONICAL, DialectNet, NONE, ONVIF } from './support/dialect-net.js';
import { SDP } from './support/hub-driver.js';

const page = readFileSync(new URL('../../../docs/dialects.md', import.meta.url), 'utf8');

const CANDIDATE = 'candidate:1 1 udp 2130706431 192.0.2.1 54321 typ host';
const NODE = 1;
const OTHER = 2;
const DEVICE = 3;

/** A node of the protocol itself in the room; what follows is on the page. */
function withNode(): DialectNet {
  const net = new DialectNet();
  net.open(NODE, CANONICAL, 'node');
  net.call(NODE, 'peer.announce', { peer_id: 'node', capabilities: ['audio'] });
  net.lines.length = 0;
  return net;
}

function nodeAnswers(net: DialectNet): void {
  const { id, params } = net.received(NODE, 'peer.offer');
  const { request_id } = params;
  net.respond(NODE, id, { sdp: SDP, can_trickle_ice_candidates: true, request_id });
}

const nodeOffers = (net: DialectNet, to: string): number =>
  net.request(NODE, 'peer.offer', {
    to,
    sdp: SDP,
    can_trickle_ice_candidates: true,
    request_id: 'call-1',
  });

function rust(): string[] {
  const net = withNode();
  net.open(OTHER, NONE, 'browser');
  net.call(OTHER, 'peer.announce', { peer_id: 'browser', capabilities: ['audio'] });
  net.call(OTHER, 'peer.offer', { from: 'browser', to: 'node', sdp: SDP });
  nodeAnswers(net);
  const place = { candidate: CANDIDATE, sdp_mid: '0', sdp_m_line_index: 0 };
  net.call(OTHER, 'peer.ice_candidate', { from: 'browser', to: 'node', ...place });
  net.close(NODE);
  return net.lines;
}

function serverJs(): string[] {
  const net = withNode();
  net.open(OTHER, NONE, 'kiosk');
  net.call(OTHER, 'announce', { peer_id: 'kiosk', capabilities: ['audio'] });
  nodeOffers(net, 'kiosk');
  net.call(OTHER, 'answer', { to_peer_id: 'node', sdp: SDP, type: 'answer' });
  const place = { candidate: CANDIDATE, sdp_mid: '0', sdp_mline_index: 0 };
  net.call(OTHER, 'ice_candidate', { to_peer_id: 'node', ...place });
  net.call(OTHER, 'disconnect', { peer_id: 'node' });
  return net.lines;
}

function onvif(): string[] {
  const net = new DialectNet();
  net.open(OTHER, ONVIF, 'client');
  net.call(OTHER, 'register', { authorization: 'access token' });
  net.open(DEVICE, ONVIF, 'device');
  net.call(DEVICE, 'register', { id: 'device-b1', name: 'Door', capabilities: ['subProtocols'] });
  net.giveIceServer(OTHER, 'stun:192.0.2.9');
  net.giveIceServer(DEVICE, 'stun:192.0.2.9');
  net.request(OTHER, 'connect', { peer: 'device-b1', authorization: 'access token' });
  const { id, params } = net.received(DEVICE, 'connect');
  const { session } = params;
  net.respond(DEVICE, id, { capabilities: ['subProtocols'] });
  net.request(DEVICE, 'invite', { session, offer: SDP, subprotocols: ['proto1'] });
  const invite = net.received(OTHER, 'invite');
  net.respond(OTHER, invite.id, { answer: SDP, subprotocols: ['proto1'] });
  const candidate = { candidate: CANDIDATE, sdpMid: '0', sdpMLineIndex: 0 };
  net.notify(DEVICE, 'trickle', { session, candidate });
  net.call(OTHER, 'extend', { session });
  net.text(
    DEVICE,
    JSON.stringify({
      jsonrpc: '2.0',
      error: { code: 1001, message: 'Insufficient resources', session },
    }),
  );
  return net.lines;
}

function onvifCalled(): string[] {
  const net = withNode();
  net.open(DEVICE, ONVIF, 'device');
  net.call(DEVICE, 'register', { id: 'device-b1' });
  const refused = nodeOffers(net, 'device-b1');
  const { id, params } = net.received(DEVICE, 'connect');
  const { session } = params;
  net.respond(DEVICE, id, {});
  net.request(DEVICE, 'invite', { session, offer: SDP });
  expect(net.answerTo(NODE, refused)).toMatchObject({ code: -32005 });
  nodeAnswers(net);
  return net.lines;
}

const transcripts: readonly (readonly [string, () => string[]])[] = [
  ['rust', rust],
  ['server-js', serverJs],
  ['onvif', onvif],
  ['onvif-called', onvifCalled],
];

test.each(transcripts)(
  'the transcript "%s" of docs/dialects.md is what a server says',
  (name, play) => {
    const begin = `<!-- ${name}:begin -->\n\n\`\`\`text\n`;
    const end = `\n\`\`\`\n\n<!-- ${name}:end -->`;
    const from = page.indexOf(begin) + begin.length;
    expect(page.slice(from, page.indexOf(end, from))).toBe(play().join('\n'));
  },
);

const names = [...page.matchAll(/`([a-z_]+(?:\.[a-z_]+)?)(?:`|\{)/g)].map(([, name]) => name);

test('the page tells what becomes of every method of the other systems', () => {
  const plain = ['announce', 'offer', 'answer', 'ice_candidate', 'disconnect'];
  const rustOnes = [...plain, 'list'].map((method) => `peer.${method}`);
  const onvifOnes = ['register', 'unregister', 'connect', 'invite', 'trickle', 'extend', 'error'];
  const all = [...plain, 'list_peers', ...rustOnes, ...onvifOnes];
  expect(all.filter((method) => !names.includes(method))).toEqual([]);
});
