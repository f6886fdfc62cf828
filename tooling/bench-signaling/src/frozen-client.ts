// A client in a process of its own, so that it can be stopped: node frozen-client.js URL ROOM ID
import { Peer } from './peer.js';

const [, , url = '', room = '', id = ''] = process.argv;
process.once('disconnect', () => process.exit(0));
// Without a place to come back to it is gone for the others at once.
await Peer.join(url, room, id, { resume: false });
process.send?.('seated');
