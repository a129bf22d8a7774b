import { MESSAGES_KEPT, type Message, type Written } from '../engine.ts';

/** The log of one relationship in the hub: its newest messages. */
export class HubLog {
  private readonly messages: Message[] = [];
  private sequence = 0;
  private readonly followers = new Set<(message: Message) => void>();

  publish(id: string, bytes: Uint8Array, last: number): Written {
    const before = this.messages.find(message => message.id === id);
    if (before !== undefined) return { is: 'written', revision: before.sequence };
    if (last !== this.sequence) return { is: 'conflict' };
    this.sequence += 1;
    const message = { sequence: this.sequence, id, bytes: bytes.slice() };
    this.messages.push(message);
    if (this.messages.length > MESSAGES_KEPT) this.messages.shift();
    for (const follower of this.followers) follower(message);
    return { is: 'written', revision: message.sequence };
  }

  last(): Message | undefined {
    return this.messages.at(-1);
  }

  /** Where somebody begins who has read up to before that sequence: a log that is younger is another one. */
  begin(sequence: number): number {
    return sequence > this.sequence + 1 ? 0 : sequence;
  }

  from(sequence: number): readonly Message[] {
    return this.messages.filter(message => message.sequence >= sequence);
  }

  follow(follower: (message: Message) => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }
}
