import { ComfortNoise, ConferenceMixer, VoiceActivity } from '@rm/codecs';

const FORMAT = { sampleRate: 48_000, channels: 1 };
const BLOCK = 480; // 10 ms

/** What came of a participant in 10 ms: sound, or nothing while its sender is silent (DTX). */
export type Received = Float32Array | undefined;

/** A conference: give it what came of everyone every 10 ms, and it gives what each is to hear, and who speaks. */
export async function openConference(participants: number) {
  const mixer = new ConferenceMixer({ ...FORMAT, blockLength: BLOCK });
  const seats = await Promise.all(
    Array.from({ length: participants }, async () => ({
      mix: mixer.join(),
      comfort: new ComfortNoise(FORMAT),
      activity: await VoiceActivity.create({ sampleRate: FORMAT.sampleRate, mode: 3 }),
      filled: new Float32Array(BLOCK),
      heard: new Float32Array(BLOCK),
    })),
  );
  return {
    tick(received: readonly Received[]): { heard: readonly Float32Array[]; speaking: boolean[] } {
      mixer.begin();
      const speaking = seats.map(({ mix, comfort, activity, filled }, i) => {
        const samples = received[i];
        if (samples === undefined) comfort.generate(filled);
        else comfort.listen(samples);
        mix.write(samples ?? filled);
        return activity.process(samples ?? filled);
      });
      for (const { mix, heard } of seats) mix.read(heard);
      return { heard: seats.map(({ heard }) => heard), speaking };
    },
    close(): void {
      for (const { activity } of seats) activity.close();
    },
  };
}
