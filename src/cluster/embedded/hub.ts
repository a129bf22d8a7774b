import type { TableName } from '../engine.ts';
import { EmbeddedEngine } from './engine.ts';
import { HubLog } from './logs.ts';
import { HubTable } from './tables.ts';

/** Of texts: enough for the largest configuration set, and never what a process dies of. In bytes. */
const TEXTS_MOST = 64 * 1024 * 1024;

/** What somebody hears; `topic` may end in `.*`. */
export interface Ear {
  readonly topic: string;
  readonly hears: (bytes: Uint8Array, topic: string) => void;
}

/** What somebody answers; the answer comes late, or never. */
export interface Answerer {
  readonly topic: string;
  readonly asked: (bytes: Uint8Array, answered: (bytes: Uint8Array) => void) => void;
}

/**
 * What the members of one process share: the server within the process. Each member joins it and has an engine
 * of its own, with its own listeners and its own contact.
 */
export class EmbeddedHub {
  private readonly tables = new Map<TableName, HubTable>();
  private readonly logs = new Map<string, HubLog>();
  private readonly kept = new Map<string, Uint8Array>();
  private keptBytes = 0;
  readonly ears = new Set<Ear>();
  readonly answerers = new Set<Answerer>();

  join(): EmbeddedEngine {
    return new EmbeddedEngine(this);
  }

  table(name: TableName): HubTable {
    return made(this.tables, name, () => new HubTable());
  }

  log(relationship: string): HubLog {
    return made(this.logs, relationship, () => new HubLog());
  }

  text(hash: string): Uint8Array | undefined {
    return this.kept.get(hash);
  }

  /** Keeps a text as the newest; the oldest ones go where there are too many, as in a stream with a limit. */
  keepText(hash: string, bytes: Uint8Array): void {
    this.dropText(hash);
    this.kept.set(hash, bytes.slice());
    this.keptBytes += bytes.length;
    for (const oldest of this.kept.keys()) {
      if (this.keptBytes <= TEXTS_MOST || oldest === hash) return;
      this.dropText(oldest);
    }
  }

  private dropText(hash: string): void {
    this.keptBytes -= this.kept.get(hash)?.length ?? 0;
    this.kept.delete(hash);
  }

  say(topic: string, bytes: Uint8Array): void {
    const said = bytes.slice();
    for (const ear of this.ears) if (covers(ear.topic, topic)) ear.hears(said, topic);
  }
}

/** Whether a topic is meant by what somebody listens to. */
function covers(heard: string, topic: string): boolean {
  if (!heard.endsWith('.*')) return heard === topic;
  const before = heard.slice(0, -1);
  return (
    topic.startsWith(before) && topic.length > before.length && !topic.slice(before.length).includes('.')
  );
}

function made<Name, Thing>(things: Map<Name, Thing>, name: Name, make: () => Thing): Thing {
  const thing = things.get(name) ?? make();
  things.set(name, thing);
  return thing;
}
