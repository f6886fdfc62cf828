/** RTP clock rate of Opus, and the sample rate of all audio inside the mesh (RFC 7587 §4.1). */
export const CLOCK_RATE = 48_000;
/** Samples per channel of one tick of the media clock (10 ms). */
export const TICK_SAMPLES = 480;
/** Samples per channel of one packet (20 ms). */
export const PACKET_SAMPLES = 960;
