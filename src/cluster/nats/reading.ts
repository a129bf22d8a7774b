import { MESSAGES_KEPT, type Message } from '../engine.ts';

/** Where somebody is who reads a log, over all beginnings. */
export class Reading {
  private made: string | undefined;
  /** The newest messages that were told, as many as the log keeps: after a lost end another one has the same sequence. */
  private readonly told = new Map<number, string>();

  constructor(private next: number) {}

  /** From which sequence on, of a stream that was made at that time and has got to `last`. */
  from(created: string, last: number): number {
    const { made } = this;
    this.made = created;
    // Another stream than before, or one that has not even got to where we begin: it was emptied.
    if (made === undefined ? this.next > last + 1 : made !== created) {
      this.next = 0;
      this.told.clear();
    }
    // The same one has lost its end, or its leader has only just come back and does not know it yet.
    this.next = Math.min(this.next, last + 1);
    return this.next;
  }

  /** Whether a message that comes is to be told. */
  isNews({ sequence, id }: Pick<Message, 'sequence' | 'id'>): boolean {
    this.next = sequence + 1;
    if (this.told.get(sequence) === id) return false;
    this.told.set(sequence, id);
    if (this.told.size > MESSAGES_KEPT) {
      const [oldest] = this.told.keys();
      this.told.delete(oldest!);
    }
    return true;
  }
}
