const crlf = (text: string): string => text.trim().replaceAll(/\n\s*/g, '\r\n') + '\r\n';

const FINGERPRINT =
  'sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08';

const CHROME_EXTENSIONS = `
  a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
  a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
  a=extmap:13 urn:3gpp:video-orientation
  a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
  a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
  a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`;

/** What Chrome says of VP8, VP9, H.264 and its repair formats. */
const CHROME_VIDEO_CODECS = `
  a=rtpmap:96 VP8/90000
  a=rtcp-fb:96 goog-remb
  a=rtcp-fb:96 transport-cc
  a=rtcp-fb:96 ccm fir
  a=rtcp-fb:96 nack
  a=rtcp-fb:96 nack pli
  a=rtpmap:97 rtx/90000
  a=fmtp:97 apt=96
  a=rtpmap:102 H264/90000
  a=rtcp-fb:102 goog-remb
  a=rtcp-fb:102 ccm fir
  a=rtcp-fb:102 nack
  a=rtcp-fb:102 nack pli
  a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
  a=rtpmap:103 rtx/90000
  a=fmtp:103 apt=102
  a=rtpmap:108 H264/90000
  a=rtcp-fb:108 goog-remb
  a=rtcp-fb:108 ccm fir
  a=rtcp-fb:108 nack
  a=rtcp-fb:108 nack pli
  a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
  a=rtpmap:109 rtx/90000
  a=fmtp:109 apt=108
  a=rtpmap:98 VP9/90000
  a=rtcp-fb:98 goog-remb
  a=rtcp-fb:98 ccm fir
  a=rtcp-fb:98 nack
  a=rtcp-fb:98 nack pli
  a=fmtp:98 profile-id=0
  a=rtpmap:99 rtx/90000
  a=fmtp:99 apt=98
  a=rtpmap:123 red/90000
  a=rtpmap:122 rtx/90000
  a=fmtp:122 apt=123
  a=rtpmap:121 ulpfec/90000`;

/** Credentials of the i-th section: the same in all with max-bundle, others in each with balanced. */
const chromeTransport = (i: number, balanced: boolean, setup: string): string => `
  a=rtcp:9 IN IP4 0.0.0.0
  a=ice-ufrag:4tI${balanced ? i : 0}
  a=ice-pwd:Vl5tDGQ2QqKvmHmqYZsG0f2${balanced ? i : 0}
  a=ice-options:trickle
  a=fingerprint:${FINGERPRINT}
  a=setup:${setup}`;

/** An offer or answer as Chrome writes it: audio, video with all its repair formats, data channels. */
export const chrome = (balanced = false, setup = 'actpass'): string =>
  crlf(`
  v=0
  o=- 4611731400430051336 2 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE 0 1 2
  a=extmap-allow-mixed
  a=msid-semantic: WMS 57017e67
  m=audio ${balanced ? 46_243 : 9} UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
  c=IN IP4 0.0.0.0
  ${balanced ? 'a=candidate:1467250027 1 udp 2122260223 192.168.0.2 46243 typ host generation 0' : ''}
  ${chromeTransport(0, balanced, setup)}
  a=mid:0
  a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
  a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
  a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
  a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
  a=sendrecv
  a=msid:57017e67 ac6c1d1a
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:111 opus/48000/2
  a=rtcp-fb:111 transport-cc
  a=fmtp:111 minptime=10;useinbandfec=1
  a=rtpmap:63 red/48000/2
  a=fmtp:63 111/111
  a=rtpmap:9 G722/8000
  a=rtpmap:0 PCMU/8000
  a=rtpmap:8 PCMA/8000
  a=rtpmap:13 CN/8000
  a=rtpmap:110 telephone-event/48000
  a=rtpmap:126 telephone-event/8000
  a=ssrc:2231627014 cname:4TOk42mSjXCkVIa6
  a=ssrc:2231627014 msid:57017e67 ac6c1d1a
  m=video ${balanced ? 46_244 : 9} UDP/TLS/RTP/SAVPF 96 97 102 103 108 109 98 99 123 122 121
  c=IN IP4 0.0.0.0
  ${balanced ? 'a=candidate:1467250027 1 udp 2122260223 192.168.0.2 46244 typ host generation 0' : ''}
  ${chromeTransport(1, balanced, setup)}
  a=mid:1
  ${CHROME_EXTENSIONS}
  a=sendonly
  a=msid:57017e67 05b9d2a1
  a=rtcp-mux
  a=rtcp-rsize
  ${CHROME_VIDEO_CODECS}
  a=ssrc-group:FID 3570614608 4079032989
  a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6
  a=ssrc:3570614608 msid:57017e67 05b9d2a1
  a=ssrc:4079032989 cname:4TOk42mSjXCkVIa6
  a=ssrc:4079032989 msid:57017e67 05b9d2a1
  m=application 9 UDP/DTLS/SCTP webrtc-datachannel
  c=IN IP4 0.0.0.0
  ${chromeTransport(2, balanced, setup)}
  a=mid:2
  a=sctp-port:5000
  a=max-message-size:262144
`).replaceAll(/(?:\r\n)+/g, '\r\n');

/** As Firefox writes it: credentials of the session, `{…}` ids, all feedback, a section that comes with the bundle only. */
export const firefox = crlf(`
  v=0
  o=mozilla...THIS_IS_SDPARTA-128.0 5189420113385105404 0 IN IP4 0.0.0.0
  s=-
  t=0 0
  a=sendrecv
  a=fingerprint:${FINGERPRINT}
  a=group:BUNDLE 0 1
  a=ice-options:trickle
  a=msid-semantic:WMS *
  m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
  c=IN IP4 0.0.0.0
  a=recvonly
  a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
  a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
  a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
  a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
  a=fmtp:101 0-15
  a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49
  a=ice-ufrag:ea150e70
  a=mid:0
  a=rtcp-mux
  a=rtpmap:109 opus/48000/2
  a=rtpmap:9 G722/8000/1
  a=rtpmap:0 PCMU/8000
  a=rtpmap:8 PCMA/8000
  a=rtpmap:101 telephone-event/8000/1
  a=setup:actpass
  a=ssrc:3068014287 cname:{7b3ac2f0-4f6b}
  m=video 0 UDP/TLS/RTP/SAVPF 120 124 121 125
  c=IN IP4 0.0.0.0
  a=bundle-only
  a=sendrecv
  a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
  a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
  a=fmtp:124 apt=120
  a=fmtp:125 apt=121
  a=fmtp:120 max-fs=12288;max-fr=60
  a=fmtp:121 max-fs=12288;max-fr=60
  a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49
  a=ice-ufrag:ea150e70
  a=mid:1
  a=msid:{d57d3917} {64d4c5ba}
  a=rtcp-fb:* nack
  a=rtcp-fb:* nack pli
  a=rtcp-fb:* ccm fir
  a=rtcp-fb:* goog-remb
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:120 VP8/90000
  a=rtpmap:124 rtx/90000
  a=rtpmap:121 VP9/90000
  a=rtpmap:125 rtx/90000
  a=setup:actpass
  a=ssrc:1546239801 cname:{7b3ac2f0-4f6b}
`);

/** As servers and libraries write it: no msid, no SSRC, names as MIDs, sections that were given up. */
export const library = crlf(`
  v=0
  o=- 3913205361 3913205361 IN IP4 0.0.0.0
  s=-
  t=0 0
  a=group:BUNDLE audio data
  a=msid-semantic:WMS *
  a=ice-lite
  a=ice-ufrag:9vS2
  a=ice-pwd:kWd7Bmo9PmXqfJ1cAAAAAA
  a=fingerprint:${FINGERPRINT}
  m=video 0 UDP/TLS/RTP/SAVPF 97
  c=IN IP4 0.0.0.0
  a=inactive
  a=mid:video
  m=audio 50312 UDP/TLS/RTP/SAVPF 96 0 8
  c=IN IP4 192.0.2.7
  a=sendonly
  a=mid:audio
  a=rtcp-mux
  a=rtpmap:96 opus/48000/2
  a=rtpmap:0 PCMU/8000
  a=rtpmap:8 PCMA/8000
  a=candidate:1 1 udp 2130706431 192.0.2.7 50312 typ host
  a=end-of-candidates
  a=setup:actpass
  m=application 50312 DTLS/SCTP 5000
  c=IN IP4 192.0.2.7
  a=mid:data
  a=sctpmap:5000 webrtc-datachannel 65535
  a=max-message-size:65536
  a=setup:actpass
`);

/** Sections that no one here knows beside one with a codec that no one here has. */
export const strange = crlf(`
  v=0
  o=- 1 1 IN IP4 0.0.0.0
  s=-
  t=0 0
  a=group:BUNDLE b a s v
  a=ice-ufrag:9vS2
  a=ice-pwd:kWd7Bmo9PmXqfJ1cAAAAAA
  a=fingerprint:${FINGERPRINT}
  a=setup:actpass
  a=extmap:20 urn:ietf:params:rtp-hdrext:sdes:mid
  m=text 9 RTP/AVP 98
  a=mid:t
  m=application 9 TCP/BFCP *
  a=mid:s
  m=audio 9 UDP/TLS/RTP/SAVPF 0
  a=mid:a
  a=rtcp-mux
  a=rtpmap:0 PCMU/8000
  m=video 9 RTP/SAVPF 100
  a=mid:b
  a=rtcp-mux
  a=recvonly
  a=rtpmap:100 VP8/90000
  m=video 9 UDP/TLS/RTP/SAVPF 100
  a=mid:v
  a=rtpmap:100 VP8/90000
`);
