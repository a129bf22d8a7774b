import { sha256 } from '../../connectors/file/digest.ts';
import { Contacts } from '../contacts.ts';
import {
  type Contact,
  type Engine,
  type Log,
  MESSAGE_MOST,
  type Message,
  SEAL_ADDS,
  type Stop,
  type Table,
  type TableName,
  type Texts,
  tooLarge,
  type Written,
} from '../engine.ts';
import { Queue } from '../queue.ts';
import type { EmbeddedHub } from './hub.ts';
import { watchTable } from './watch.ts';

/**
 * One member's way to the hub of its process. Like every engine it can lose contact (`lose`, `find`): members
 * of one process part only where somebody parts them, to see what becomes of it.
 */
export class EmbeddedEngine implements Engine {
  readonly title = 'embedded';
  private readonly hub: EmbeddedHub;
  private readonly queue = new Queue();
  private readonly contacts = new Contacts(deliver => this.queue.add(deliver));
  private readonly stops = new Set<Stop>();
  private closed = false;

  constructor(hub: EmbeddedHub) {
    this.hub = hub;
    this.contacts.set({ is: 'there' });
  }

  contact(listener: (contact: Contact) => void): Stop {
    return this.contacts.tell(listener);
  }

  /** From now on nothing reaches the hub, and nothing comes from it. */
  lose(why: string): void {
    this.contacts.set({ is: 'lost', why });
  }

  find(): void {
    this.contacts.set({ is: 'there' });
  }

  table(name: TableName): Table {
    const table = this.hub.table(name);
    return {
      get: async key => {
        this.reach();
        return table.get(key);
      },
      put: async (key, value, expected) => this.write(() => table.put(key, value, expected)),
      watch: listener => this.keep(watchTable(table, this.contacts, this.queue, listener)),
    };
  }

  log(relationship: string): Log {
    const log = this.hub.log(relationship);
    return {
      publish: async (id, bytes, last) => {
        if (bytes.length > MESSAGE_MOST + SEAL_ADDS) throw tooLarge(bytes.length);
        return this.write(() => log.publish(id, bytes, last));
      },
      last: async () => {
        this.reach();
        return log.last();
      },
      follow: (from, listener) => {
        let next = log.begin(from);
        let going = true;
        const tell = (message: Message) =>
          this.queue.add(() => {
            if (!going || !this.there || message.sequence < next) return;
            next = message.sequence + 1;
            listener(message);
          });
        const catchUp = () => log.from(next).forEach(tell);
        const stops = [log.follow(tell), this.contacts.found(catchUp)];
        if (this.there) catchUp();
        return this.keep(() => {
          going = false;
          for (const stop of stops) stop();
        });
      },
    };
  }

  readonly texts: Texts = {
    put: async (hash, bytes) => {
      this.reach();
      this.hub.keepText(hash, bytes);
    },
    get: async hash => {
      const bytes = await this.texts.stored(hash);
      return bytes !== undefined && sha256(bytes) === hash ? bytes : undefined;
    },
    stored: async hash => {
      this.reach();
      return this.hub.text(hash);
    },
  };

  say(topic: string, bytes: Uint8Array): void {
    if (this.there) this.hub.say(topic, bytes);
  }

  hear(topic: string, listener: (bytes: Uint8Array, topic: string) => void): Stop {
    const ear = {
      topic,
      hears: (bytes: Uint8Array, on: string) => {
        if (!this.there) return;
        this.queue.add(() => {
          if (this.hub.ears.has(ear) && this.there) listener(bytes, on);
        });
      },
    };
    this.hub.ears.add(ear);
    return this.keep(() => this.hub.ears.delete(ear));
  }

  ask(topic: string, bytes: Uint8Array, withinMs: number): Promise<Uint8Array | undefined> {
    return new Promise(answered => {
      const answerer = [...this.hub.answerers].find(one => one.topic === topic);
      if (!this.there || answerer === undefined) return answered(undefined);
      const late = setTimeout(() => answered(undefined), withinMs);
      const stop = this.keep(() => {
        clearTimeout(late);
        answered(undefined);
      });
      answerer.asked(bytes.slice(), answer => {
        if (!this.there) return;
        answered(answer.slice());
        stop();
      });
    });
  }

  answer(topic: string, handler: (bytes: Uint8Array) => Promise<Uint8Array>): Stop {
    const answerer = {
      topic,
      asked: (bytes: Uint8Array, answered: (bytes: Uint8Array) => void) =>
        this.queue.add(() => {
          if (!this.there) return;
          // A handler that fails answers nothing: whoever asked waits no longer than it wanted to.
          handler(bytes).then(
            answer => (this.there ? answered(answer) : undefined),
            () => undefined,
          );
        }),
    };
    this.hub.answerers.add(answerer);
    return this.keep(() => this.hub.answerers.delete(answerer));
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const stop of [...this.stops]) stop();
    this.queue.end();
  }

  private get there(): boolean {
    return !this.closed && this.contacts.now.is === 'there';
  }

  private reach(): void {
    if (!this.there) throw new Error(this.why());
  }

  private why(): string {
    const now = this.contacts.now;
    return this.closed ? 'the engine was closed' : now.is === 'lost' ? now.why : 'no contact';
  }

  private write(work: () => Written): Written {
    return this.there ? work() : { is: 'unknown', why: this.why() };
  }

  /** Ends with the engine, where nobody ends it before. */
  private keep(end: () => void): Stop {
    const stop = () => {
      if (this.stops.delete(stop)) end();
    };
    this.stops.add(stop);
    return stop;
  }
}
