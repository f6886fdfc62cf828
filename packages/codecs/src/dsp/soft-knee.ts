/** Amplitude up to which nothing is limited: −2 dB. */
export const KNEE = 0.8;

/**
 * The amplitude to which a magnitude is limited: itself up to 0.8, and from there on along a tanh that
 * approaches 1. The slope is continuous.
 */
export const softKnee = (magnitude: number): number =>
  magnitude <= KNEE ? magnitude : KNEE + (1 - KNEE) * Math.tanh((magnitude - KNEE) / (1 - KNEE));
