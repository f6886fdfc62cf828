import type { OpenChannelOptions } from '../connection/peer-channels.js';
import type { JsonValue } from '../data/control-message.js';
import type { Recipients } from './audio-output.js';
import type { PeerDirections } from './directions.js';
import type { NodeAudioOutput, NodeDataChannel, NodeVideoOutput } from './handles.js';
import type { EncodedPicture, MeshEvents, PictureListener, TickListener } from './mesh-options.js';
import type { MeshStatistics } from './statistics.js';
import type { OpenVideoOptions } from './video-outputs.js';

/**
 * A node of the mesh, whichever thread its media path runs in: `Mesh` runs it in the thread that calls, `WorkerMesh` in
 * a worker. What the methods promise is said at `Mesh`.
 */
export interface MeshNode extends AsyncDisposable {
  readonly peerId: string;
  connect(options?: { readonly signal?: AbortSignal }): Promise<void>;
  on<Name extends keyof MeshEvents>(
    name: Name,
    listener: (event: MeshEvents[Name]) => void,
  ): () => void;
  onTick(listener: TickListener): () => void;
  onPicture(listener: PictureListener): () => void;
  onEncodedPicture(listener: (picture: EncodedPicture) => void): () => void;
  openAudio(to: Recipients): Promise<NodeAudioOutput>;
  openVideo(to: Recipients, options?: OpenVideoOptions): NodeVideoOutput;
  setDirections(peerId: string, directions: Partial<PeerDirections>): void;
  sendMessage(payload: JsonValue, to: Recipients): number;
  openChannel(peerId: string, options: OpenChannelOptions): NodeDataChannel;
  statistics(): MeshStatistics;
  close(): Promise<void>;
}
