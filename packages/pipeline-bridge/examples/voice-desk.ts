import { audioData, PipelineRunner } from '@rm/pipeline-bridge';
import type { AudioFrame } from '@rm/codecs';

/** Runs frames through the pipeline of a manifest; `say` gets a line for each level and each failure. */
export async function runVoiceDesk(
  manifestText: string,
  frames: Iterable<AudioFrame>,
  say: (line: string) => void,
): Promise<void> {
  const runner = new PipelineRunner();
  const manifest = runner.parseManifest(manifestText, { fileName: 'voice-desk.yaml' });
  if (!manifest.ok) throw new Error(manifest.reason);

  const session = await runner.createSession(manifest.value);
  session.onError((error) => say(error.message));
  session.onOutput((data, nodeId) => {
    if (data.kind === 'json') say(`${nodeId}: ${JSON.stringify(data.value)}`);
  });
  for (const frame of frames) session.send(audioData(frame, 'microphone'));
  await session.close();
}
