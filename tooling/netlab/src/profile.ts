/** The profiles that have a name; `lab/profiles.py` holds them. */
export type ProfileName =
  | 'clean'
  | 'lan'
  | 'wan'
  | 'wifi'
  | 'lte'
  | 'lossy5'
  | 'bursty10'
  | 'reorder'
  | 'narrow';

/** What one direction of a link does to packets. */
export interface Profile {
  /** Fixed one-way delay in ms. */
  readonly delay_ms?: number;
  /** What is added to it, in ms. */
  readonly jitter?:
    | { readonly model: 'none' }
    | { readonly model: 'gauss'; readonly sd_ms: number }
    | {
        readonly model: 'pareto';
        readonly scale_ms: number;
        readonly shape: number;
        readonly cap_ms: number;
      }
    | {
        readonly model: 'spike';
        readonly every_s: number;
        readonly height_ms: number;
        readonly decay_ms: number;
      }
    | { readonly model: 'trace'; readonly file: string };
  /** Independent losses, or bursts by Gilbert and Elliott. */
  readonly loss?:
    | { readonly p: number }
    | {
        readonly ge: {
          readonly p: number;
          readonly r: number;
          readonly h: number;
          readonly k: number;
        };
      };
  /** Rate of the link in kbit/s, and the ms of packets that may wait for it; more is dropped. */
  readonly rate_kbps?: number;
  readonly queue_ms?: number;
  /** Whether jitter may change the order of packets. */
  readonly reorder?: boolean;
  /** Spans of seconds since the start in which nothing gets through. */
  readonly down?: readonly (readonly [from: number, to: number])[];
}
