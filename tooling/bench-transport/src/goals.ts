/** What the two backends are to reach; where a figure has one goal for both it stands beside the figure. */
interface BackendGoals {
  /** Announced to connected, in ms. */
  readonly connectP50: number;
  readonly connectP95: number;
  /** Ten nodes at once, in s. */
  readonly meshOfTen: number;
  /** One node's share of a mesh of ten, in % of a core. */
  readonly audioCpu: number;
  /** Data channel, in MB/s. */
  readonly data: number;
}

const WERIFT: BackendGoals = {
  connectP50: 200,
  connectP95: 400,
  meshOfTen: 3,
  audioCpu: 8,
  data: 6,
};
const LIBDATACHANNEL: BackendGoals = {
  connectP50: 60,
  connectP95: 200,
  meshOfTen: 1.5,
  audioCpu: 4,
  data: 40,
};

/** The goals of a backend. */
export const goalsOf = (backend: string): BackendGoals =>
  backend === 'libdatachannel' ? LIBDATACHANNEL : WERIFT;
