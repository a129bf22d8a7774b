import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Stop } from '../engine.ts';
import type { Line } from './line.ts';
import type { Names } from './names.ts';
import { forbidden, reasonOf } from './reasons.ts';

/** Core messages: they need a server and nothing of JetStream, so that heartbeats go on while it elects a leader. */
export class Talk {
  private readonly line: Line;
  private readonly names: Names;

  constructor(line: Line, names: Names) {
    this.line = line;
    this.names = names;
  }

  say(topic: string, bytes: Uint8Array): void {
    this.send(() => this.line.connection?.publish(this.names.topic(topic), bytes));
  }

  hear(topic: string, listener: (bytes: Uint8Array, topic: string) => void): Stop {
    return this.subscribe(topic, (message, soon) =>
      soon(() => listener(message.data, this.names.topicOf(message.subject))),
    );
  }

  async ask(topic: string, bytes: Uint8Array, withinMs: number): Promise<Uint8Array | undefined> {
    try {
      const connection = this.line.reach();
      const asked = connection.request(this.names.topic(topic), bytes, { timeout: withinMs });
      return (await this.line.whileThere(asked)).data;
    } catch {
      // Too late, nobody there, contact lost: for whoever asks it is the same.
      return undefined;
    }
  }

  answer(topic: string, handler: (bytes: Uint8Array) => Promise<Uint8Array>): Stop {
    return this.subscribe(topic, (message, soon) =>
      soon(() => {
        handler(message.data).then(
          answer => this.send(() => message.respond(answer)),
          () => undefined,
        );
      }),
    );
  }

  /** Sending throws only where a message is larger than the server takes: that is told, and nobody dies of it. */
  private send(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.line.report(`a message was not sent: ${reasonOf(error)}`);
    }
  }

  private subscribe(topic: string, heard: (message: Msg, soon: (deliver: () => void) => void) => void): Stop {
    const subject = this.names.topic(topic);
    let subscription: Subscription | undefined;
    let going = true;
    const soon = (deliver: () => void) =>
      this.line.queue.add(() => {
        if (going) deliver();
      });
    const unopened = this.line.opened((connection: NatsConnection) => {
      subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) heard(message, soon);
          else this.line.report(forbidden(error) ?? reasonOf(error));
        },
      });
    });
    return () => {
      going = false;
      unopened();
      if (subscription?.isClosed() === false) subscription.unsubscribe();
    };
  }
}
