// Sends packets from one end to another in this process and tells what they cost: `packet-node dgram|BACKEND BYTES…`.
import { openBackend } from './backends.js';
import type { PacketCost } from './packet-cost.js';
import { dgramPath, type PacketPath, transportPath } from './packet-path.js';

const WARM_UP = 5000;
const PACKETS = 20_000;
/** So many are under way at most: few enough for the buffers of a socket. More are sent when half of them have come. */
const WINDOW = 32;
/** Packets under way that have not come by then are lost. */
const LOST_MS = 200;

const [through = 'dgram', ...sizes] = process.argv.slice(2);
const path =
  through === 'dgram' ? await dgramPath() : await transportPath(await openBackend(through));
let sequence = 0;
const costs: PacketCost[] = [];
for (const bytes of sizes.map(Number)) {
  await send(path, WARM_UP, bytes);
  const before = process.cpuUsage();
  const began = performance.now();
  const came = await send(path, PACKETS, bytes);
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  costs.push({ cpu: (user + system) / came, rate: (came * bytes) / ms / 1000 });
}
process.send?.(costs);
await path.close();
process.exit();

/** Sends `count` packets of `bytes`. Resolves to how many came when all have, or are lost. */
function send(path: PacketPath, count: number, bytes: number): Promise<number> {
  const packet = new Uint8Array(bytes);
  // RTP version 2, payload type 96, SSRC 1 (RFC 3550 §5.1).
  packet.set([0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  let [sent, came, lost] = [0, 0, 0];
  return new Promise((resolve) => {
    const fill = (): void => {
      for (; sent < count && sent - came - lost < WINDOW; sent++, sequence++) {
        packet[2] = (sequence >> 8) & 0xff;
        packet[3] = sequence & 0xff;
        path.send(packet);
      }
      if (came + lost < count) return;
      clearInterval(watch);
      resolve(came);
    };
    let seen = 0;
    const watch = setInterval(() => {
      if (came === seen) lost = sent - came;
      seen = came;
      fill();
    }, LOST_MS);
    path.received = () => {
      came++;
      if (sent - came - lost <= (sent < count ? WINDOW / 2 : 0)) fill();
    };
    fill();
  });
}
