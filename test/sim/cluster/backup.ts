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
  edition = 0;
  private owner: string | undefined;
  /** Members that cannot reach it. */
  readonly unreachable = new Set<string>();

  constructor(
    readonly task: string,
    readonly kind: 'fenced' | 'leased',
  ) {}

  /** Undefined: taken; else what it knows better. One epoch is one process's. */
  takeOver(
    epoch: number,
    edition: number,
    member: string,
  ): { seen?: number; seenEdition?: number } | undefined {
    const isAnother = epoch === this.epoch && this.owner !== undefined && this.owner !== member;
    if (this.kind === 'fenced' && edition < this.edition) return { seenEdition: this.edition };
    if (this.kind === 'fenced' && (epoch < this.epoch || isAnother)) return { seen: this.epoch };
    this.edition = Math.max(edition, this.edition);
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
