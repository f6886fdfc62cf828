// Feeds a decoder with damaged frames, in a process of its own so that a crash is seen. Arguments: codec, frames, seed.
// Prints what became of them; exits with 1 if a whole key frame is not decoded after damage.
import { loadNative } from '@rm/codecs-native';

const [codec, count, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const { Encoder, Decoder } = loadNative();
const WIDTH = 176;
const HEIGHT = 144;

let state = seed;
/** Whole number below `n` (mulberry32). */
function below(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * n);
}

async function encodeClip() {
  const encoder = new Encoder(codec);
  const frames = [];
  const [y, u, v] = [0, 1, 1].map((half) => new Uint8Array((WIDTH * HEIGHT) >> (2 * half)));
  for (let i = 0; i < 24; i++) {
    for (let at = 0; at < y.length; at++) y[at] = (at % WIDTH) * 2 + i * 5 + below(16);
    u.fill(100 + i);
    v.fill(150 - i);
    const sizes = [WIDTH, WIDTH / 2, WIDTH / 2, WIDTH, HEIGHT];
    const layers = codec === 'VP9' ? 3 : 1;
    const packet = await encoder.encode(y, u, v, ...sizes, i % 8 === 0, 400_000, 30, layers);
    if (packet) frames.push({ key: packet.key, data: new Uint8Array(packet.data) });
  }
  encoder.close();
  return frames;
}

/** One of the ways in which bytes arrive damaged, or are made to look like it. */
function damage(frame, other) {
  const data = frame.slice();
  switch (below(7)) {
    case 0:
      for (let i = 1 + below(8); i > 0; i--) data[below(data.length)] ^= 1 << below(8);
      return data;
    case 1:
      // The header decides what a decoder allocates and where it reads.
      for (let i = 1 + below(4); i > 0; i--) data[below(Math.min(40, data.length))] = below(256);
      return data;
    case 2:
      return data.subarray(0, 1 + below(data.length));
    case 3: {
      const at = below(data.length);
      data.set(other.subarray(0, data.length - at), at);
      return data;
    }
    case 4:
      return Uint8Array.from([...data, ...other]);
    case 5:
      return Uint8Array.from({ length: 1 + below(300) }, () => below(256));
    default: {
      const at = below(data.length);
      data.fill(below(2) * 255, at, at + below(64));
      return data;
    }
  }
}

const sizeOf = ({ width, height }) => width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1);

const clip = await encodeClip();
const decoder = new Decoder(codec);
const memory = new Uint8Array(sizeOf({ width: WIDTH, height: HEIGHT }));
const outcomes = { damaged: 0, shown: 0, hidden: 0, refused: 0 };

/** Decodes to the end, and gives what became of the bytes. */
async function decode(data) {
  try {
    const picture = await decoder.decode(data, memory);
    if (picture && !picture.copied) decoder.copyPicture(new Uint8Array(sizeOf(picture)));
    return picture ? 'shown' : 'hidden';
  } catch {
    return 'refused';
  }
}

// Every frame comes damaged, then whole: the damage meets a decoder in mid-stream, which after a refusal is brought back
// there from the last key frame on.
for (let i = 0; outcomes.damaged < count; i++) {
  const at = i % clip.length;
  const outcome = await decode(damage(clip[at].data, clip[below(clip.length)].data));
  outcomes.damaged++;
  outcomes[outcome]++;
  const from = outcome === 'refused' ? clip.findLastIndex(({ key }, k) => key && k <= at) : at;
  if (outcome !== 'refused' && !clip[at].key) continue;
  for (const { key, data } of clip.slice(from, at + 1))
    if ((await decode(data)) !== 'shown' && key) process.exit(1);
}
decoder.close();
console.log(JSON.stringify({ ...outcomes, residentMiB: process.resourceUsage().maxRSS / 1024 }));
