import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCDataChannel,
  type RTCRtpCodecParameters as Codec,
  type RTCRtpHeaderExtensionParameters as HeaderExtension,
  type RTCRtpTransceiver,
} from 'werift';
import type { IceCandidate, SessionDescription } from '../../src/backend/transport.js';
import { endpoint, type Endpoint } from './connect-transports.js';
import type { WeriftBackend, WeriftTransport } from '../../src/backend/werift/index.js';

/** A bare werift connection as the other side, for what our own would never do. */
export class RawPeer {
  readonly pc: RTCPeerConnection;
  readonly audio: RTCRtpTransceiver;
  readonly channel: RTCDataChannel;

  constructor(options: { feedback?: Codec['rtcpFeedback']; extensions?: HeaderExtension[] } = {}) {
    this.pc = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      iceServers: [],
      codecs: {
        audio: [
          new RTCRtpCodecParameters({
            mimeType: 'audio/opus',
            clockRate: 48_000,
            channels: 2,
            payloadType: 109,
            rtcpFeedback: options.feedback ?? [],
          }),
        ],
      },
      headerExtensions: { audio: options.extensions ?? [] },
    });
    this.audio = this.pc.addTransceiver('audio', { direction: 'sendrecv' });
    this.channel = this.pc.createDataChannel('control');
    delete this.dtls.iceTransport.connection.stunServer;
  }

  get dtls(): RTCPeerConnection['dtlsTransports'][number] {
    const [dtls] = this.pc.dtlsTransports;
    if (dtls === undefined) throw new Error('no transport');
    return dtls;
  }

  async offer(): Promise<SessionDescription> {
    await this.pc.setLocalDescription();
    return { type: 'offer', sdp: this.pc.localDescription?.sdp ?? '' };
  }

  add(candidate: IceCandidate): void {
    void this.pc.addIceCandidate(candidate);
  }

  /** Offers to a transport of `backend` and connects with it; `edit` sees the offer on its way. */
  static async connect(
    backend: WeriftBackend,
    options: ConstructorParameters<typeof RawPeer>[0] = {},
    edit: (sdp: string) => string = (sdp) => sdp,
  ): Promise<{
    raw: RawPeer;
    end: Endpoint<WeriftTransport>;
    answer: string;
    close: () => Promise<void>;
  }> {
    const raw = new RawPeer(options);
    const end = endpoint(backend, { iceCandidate: (candidate) => raw.add(candidate) });
    const close = async (): Promise<void> => {
      await Promise.all([raw.pc.close(), end.transport.close()]);
    };
    const offer = await raw.offer();
    await end.transport.setRemoteDescription({ type: 'offer', sdp: edit(offer.sdp) });
    const answer = await end.transport.setLocalDescription();
    await raw.pc.setRemoteDescription(answer);
    await end.until('connected', () => end.transport.states.connection === 'connected');
    await end.until('channel open', () => end.heard.channelOpen === 1);
    return { raw, end, answer: answer.sdp, close };
  }
}
