// Sends pictures through every codec that is here both ways, and prints what came of it and how many threads there were:
// with the codecs and after they were closed. One of each stays open, so that the process ends only if idle codecs do
// not keep it.
import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { loadVideoCodecs, movingPicture, psnr } from '@rm/codecs';

const threads = () => readdirSync('/proc/self/task').length;
const picture = movingPicture(160, 96);
const codecs = await loadVideoCodecs();
const { capabilities, missing } = codecs;
const names = capabilities.filter((each) => each.encode && each.decode).map((each) => each.codec);

async function open(codec) {
  const encoder = await codecs.createEncoder({ codec, bitrate: 200_000, fps: 15 });
  const decoder = await codecs.createDecoder({ codec });
  const result = await decoder.decode(await encoder.encode(picture(0)));
  return { encoder, decoder, quality: psnr(picture(0), result.frame) };
}

const pairs = await Promise.all(names.map(open));
const during = threads();
for (const { encoder, decoder } of pairs) {
  encoder.close();
  decoder.close();
}
// Threads end on their own time; those that do not end let this one run into the time limit of the test.
while (threads() > during - 2 * names.length) await setImmediate();
for (const name of names) await open(name);
const quality = pairs.map((each) => each.quality);
console.log(JSON.stringify({ capabilities, missing, quality }));
