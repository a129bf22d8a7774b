/** Times of a cluster in milliseconds, and how much is moved at once. */
export interface ClusterPace {
  /** Between two beats of a member. */
  readonly beat: number;
  /** Without a beat for so long, nothing new is given to a member, and then its tasks are given to others. */
  readonly suspect: number;
  readonly failed: number;
  /** The coordinator's lease, and how often it is renewed. */
  readonly lease: number;
  readonly renew: number;
  /** A leased backup: for so long its owner goes on unheard; so much longer the next one waits. */
  readonly hold: number;
  readonly margin: number;
  /** In a planned hand-over the owner goes on for so long at most, until the next one has made ready. */
  readonly ready: number;
  /** So many tasks are between two owners at one time, at most: the fewer, the shorter each of them has none. */
  readonly passing: number;
  /** A planned hand-over that takes longer is made without the owner's word. */
  readonly release: number;
  /** A task that is busy and makes no progress for so long is taken from its owner. */
  readonly stuck: number;
  /** A backup that its owner cannot reach for so long: others are asked whether they can. */
  readonly unreachable: number;
  /** Between two such questions, and between two epochs for one that was fenced. */
  readonly again: number;
  /** A member must be well for so long before it gets tasks back; doubled with each failure up to `calmMost`. */
  readonly calm: number;
  readonly calmMost: number;
  /** In which a member's penalty halves. */
  readonly forgive: number;
  /** Between two looks whether loads have drifted apart, and how far they may: a part of the mean load. */
  readonly level: number;
  readonly drift: number;
  /** Planned hand-overs under way at one time. */
  readonly moves: number;
}

export const CLUSTER_PACE: ClusterPace = {
  beat: 250,
  suspect: 750,
  failed: 1_000,
  lease: 1_500,
  renew: 400,
  hold: 3_000,
  margin: 1_000,
  ready: 3_000,
  passing: 4,
  release: 10_000,
  stuck: 30_000,
  unreachable: 3_000,
  again: 5_000,
  calm: 5_000,
  calmMost: 300_000,
  forgive: 60_000,
  level: 60_000,
  drift: 0.25,
  moves: 16,
};
