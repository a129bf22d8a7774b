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
  private owner: string | undefined;
  /** Members that cannot reach it. */
  readonly unreachable = new Set<string>();

  constructor(
    readonly task: string,
    readonly kind: 'fenced' | 'leased',
  ) {}

  /** Undefined: taken; else the epoch that has it. One epoch is one process's. */
  takeOver(epoch: number, member: string): number | undefined {
    const isAnother = epoch === this.epoch && this.owner !== undefined && this.owner !== member;
    if (this.kind === 'fenced' && (epoch < this.epoch || isAnother)) return this.epoch;
    if (epoch >= this.epoch) this.owner = member;
    this.epoch = Math.max(this.epoch, epoch);
    return undefined;
  }

  /** False: refused, because another one has it. */
  write(effect: Effect): boolean {
    if (this.kind === 'fenced' && (effect.epoch < this.epoch || effect.member !== this.owner)) return false;
    this.effects.push(effect);
    return true;
  }
}
