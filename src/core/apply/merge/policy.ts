/**
 * What decides where both sides have an opinion. `conflict` is for a setting that both sides changed
 * since the last replication; everything else asks about one place of the backup.
 */
export interface MergePolicy {
  /**
   * hold: record a conflict and go on with the backup's (the result is not applied).
   * primary: the primary's wins. local: the backup's wins (baseline `keep-local`).
   * backup: the backup's wins, and the place is told: the conflict is rejected.
   */
  readonly conflict: 'hold' | 'primary' | 'local' | 'backup';
  /** The place, or one above it, is the backup's own whatever the primary says. */
  preserved(pointer: string): boolean;
  /** Some place below is preserved: equal texts may not be taken as a whole. */
  preservedBelow(pointer: string): boolean;
  /** The text is an identifier that both nodes share; shared wins over preserve. */
  shared(text: string): boolean;
  /** The backup's text at this place stands there because a change was rejected or undone. */
  rejected(pointer: string, local: string): boolean;
}

export const PLAIN_POLICY: MergePolicy = {
  conflict: 'hold',
  preserved: () => false,
  preservedBelow: () => false,
  shared: () => false,
  rejected: () => false,
};
