import {
  answerCodecs,
  codecAttributes,
  describeVideo,
  FrameAssembler,
  parseMediaSection,
  videoDepacketizer,
  videoPacketizer,
  type AssembledFrame,
  type LayeredFrame,
  type Micros,
  type VideoEncodingName,
} from '@rm/codecs';

/** Answers the codecs of an offered media section: the lines of the answer, and what may be sent. */
export function answerVideo(offered: string) {
  const section = parseMediaSection(offered);
  if (!section.ok) throw new Error(`no offer: ${section.reason}`);
  const common = answerCodecs(describeVideo('vp9-primary-h264-fallback'), section.value);
  return { lines: codecAttributes(common.map(({ local }) => local)), send: common[0]?.send };
}

/** Sends frames over a network that loses every 50th packet, and gives those that can be decoded. */
export function overRtp(
  codec: VideoEncodingName,
  encode: (keyFrame: boolean) => LayeredFrame,
  frames: number,
): AssembledFrame[] {
  const packetizer = videoPacketizer(codec);
  const assembler = new FrameAssembler(videoDepacketizer(codec));
  const received: AssembledFrame[] = [];
  let sequenceNumber = 0;
  for (let i = 0; i < frames; i++) {
    const arrival = (33_333 * i) as Micros;
    const frame = encode(assembler.keyFrameNeeded); // what a PLI asks for
    for (const { payload, marker } of packetizer.packetize(frame, 1200)) {
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      if (sequenceNumber % 50 === 0) continue; // lost
      assembler.push({ sequenceNumber, timestamp: 3000 * i, marker, payload, arrival });
    }
    for (let out = assembler.poll(arrival); out; out = assembler.poll(arrival)) {
      if (out.kind === 'frame') received.push(out);
    }
  }
  return received;
}
