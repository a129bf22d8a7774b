import type { Contact, Engine, Log, Message, Written } from '../../src/cluster/engine.ts';

/** What a log is made to do wrong, one after another: absent when nothing is left. */
export type Mishap =
  /** It is written, and nobody is told so. */
  | 'acknowledgement lost'
  /** It is not written, and nobody is told so. */
  | 'request lost';

/**
 * An engine as a bad network makes of one: acknowledgements and requests of a log get lost, and what it tells
 * comes twice, also late. All else is the engine's own.
 */
export function waryEngine(engine: Engine, mishaps: Mishap[], isDoubling = false): Engine {
  return {
    title: engine.title,
    contact: (listener: (contact: Contact) => void) => engine.contact(listener),
    table: name => engine.table(name),
    texts: engine.texts,
    log: relationship => waryLog(engine.log(relationship), mishaps, isDoubling),
    say: (topic, bytes) => engine.say(topic, bytes),
    hear: (topic, listener) => engine.hear(topic, listener),
    ask: (topic, bytes, within) => engine.ask(topic, bytes, within),
    answer: (topic, handler) => engine.answer(topic, handler),
    close: () => engine.close(),
  };
}

function waryLog(log: Log, mishaps: Mishap[], isDoubling: boolean): Log {
  const lost: Written = { is: 'unknown', why: 'the connection broke' };
  return {
    publish: async (id, bytes, last) => {
      const mishap = mishaps.shift();
      if (mishap !== 'request lost') {
        const written = await log.publish(id, bytes, last);
        if (mishap === undefined) return written;
      }
      return lost;
    },
    last: () => log.last(),
    follow: (from, listener) => {
      const before: Message[] = [];
      return log.follow(from, message => {
        listener(message);
        if (!isDoubling) return;
        before.push(message);
        listener(message);
        listener(before[Math.max(0, before.length - 4)]!);
      });
    },
  };
}
