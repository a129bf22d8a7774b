/** An effect on a backup, in the order in which they happened. */
export interface Effect {
  readonly at: number;
  readonly task: string;
  readonly epoch: number;
  readonly configuration: string;
  readonly member: string;
}

/** What a backup has been told: the fence, where it has one, and all effects. */
export class SimBackup {
  readonly effects: Effect[] = [];
  /** The highest epoch that has taken it over. */
  epoch = 0;
  /** Members that cannot reach it. */
  readonly unreachable = new Set<string>();

  constructor(
    readonly task: string,
    readonly kind: 'fenced' | 'leased',
  ) {}

  /** Undefined: taken; else the epoch that has it. */
  takeOver(epoch: number): number | undefined {
    if (this.kind === 'fenced' && epoch < this.epoch) return this.epoch;
    this.epoch = Math.max(this.epoch, epoch);
    return undefined;
  }

  /** False: refused, because a higher epoch has it. */
  write(effect: Effect): boolean {
    if (this.kind === 'fenced' && effect.epoch < this.epoch) return false;
    this.effects.push(effect);
    return true;
  }
}
