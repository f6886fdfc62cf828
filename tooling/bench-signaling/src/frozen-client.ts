// A client in a process of its own, so that it can be stopped: node frozen-client.js URL ROOM ID
import { Peer } from './peer.js';

const [, , url = '', room = '', id = ''] = process.argv;
process.once('disconnect', () => process.exit(0));
await Peer.join(url, room, id);
process.send?.('seated');
