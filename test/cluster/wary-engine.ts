import type { Contact, Engine, Log, Message, Written } from '../../src/cluster/engine.ts';

/** What becomes of what is published next. */
export type Mishap =
  /** It is written, and nobody is told so. */
  | 'acknowledgement lost'
  /** It is not written, and nobody is told so. */
  | 'request lost'
  /** It is refused, by a server that has what the others never took. */
  | 'refused';

/** What goes wrong on the way to and from an engine. */
export interface Way {
  /** Of messages that are published, one after another; absent when nothing is left. */
  readonly mishaps?: Mishap[];
  /** Each message that comes is told twice, and once more when later ones have come. */
  readonly isDoubling?: boolean;
  /** So many of the messages that come next are not told at all. */
  deaf?: number;
}

/** An engine as a bad network makes of one; all else is the engine's own. */
export function waryEngine(engine: Engine, way: Way): Engine {
  return {
    title: engine.title,
    contact: (listener: (contact: Contact) => void) => engine.contact(listener),
    table: name => engine.table(name),
    texts: engine.texts,
    log: relationship => waryLog(engine.log(relationship), way),
    say: (topic, bytes) => engine.say(topic, bytes),
    hear: (topic, listener) => engine.hear(topic, listener),
    ask: (topic, bytes, within) => engine.ask(topic, bytes, within),
    answer: (topic, handler) => engine.answer(topic, handler),
    close: () => engine.close(),
  };
}

function waryLog(log: Log, way: Way): Log {
  const lost: Written = { is: 'unknown', why: 'the connection broke' };
  return {
    publish: async (id, bytes, last) => {
      const mishap = way.mishaps?.shift();
      if (mishap === 'request lost') return lost;
      if (mishap === 'refused') return { is: 'conflict' };
      const written = await log.publish(id, bytes, last);
      return mishap === undefined ? written : lost;
    },
    last: () => log.last(),
    follow: (from, listener) => {
      const before: Message[] = [];
      return log.follow(from, message => {
        if ((way.deaf ?? 0) > 0) {
          way.deaf! -= 1;
          return;
        }
        listener(message);
        if (way.isDoubling !== true) return;
        before.push(message);
        listener(message);
        listener(before[Math.max(0, before.length - 4)]!);
      });
    },
  };
}
