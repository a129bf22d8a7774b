import { join } from 'node:path';
import { type Failure, isFailure } from '../../core/failure.ts';
import { askChild, unreadable } from './ask-child.ts';
import type { Fact, Facts } from './facts.ts';
import { factsOf, JOURNAL } from './journal.ts';
import { type Page, type Query, readFacts, readPage, readRevision } from './reading.ts';
import { sealState } from './seal.ts';
import { STORE } from './sound.ts';
import { openTables, type Tables } from './tables.ts';

/** Reads a journal beside the daemon that writes it, or without one. Writes nothing. */
export interface JournalReader {
  /** Newest first. */
  read(query?: Query): Promise<Page>;
  facts(relationship: string): Promise<Facts>;
  revision(relationship: string, path: string, hash: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/**
 * Opens the journal of a state folder for reading; undefined where there is none. A sealed one is read
 * here; one that is being written, or was not closed, by a child, so that no damage ends this process.
 */
export async function openJournalReader(state: string): Promise<JournalReader | undefined | Failure> {
  const folder = join(state, JOURNAL);
  const store = join(folder, STORE);
  try {
    const found = await sealState(store);
    if (found === 'absent') return undefined;
    if (found !== 'sealed') return throughChild(folder, store);
    const tables = openTables(store, { readOnly: true });
    return tables === undefined ? unreadable(store, 'it is no journal') : direct(folder, tables);
  } catch (error) {
    return unreadable(store, error instanceof Error ? error.message : String(error));
  }
}

function direct(folder: string, tables: Tables): JournalReader {
  return {
    read: async (query = {}) => readPage(tables, query),
    facts: async relationship => factsOf(folder, relationship, readFacts(tables, relationship)),
    revision: async (relationship, path, hash) => readRevision(tables, relationship, path, hash),
    close: () => tables.root.close(),
  };
}

function throughChild(folder: string, store: string): JournalReader {
  return {
    read: async (query = {}) => {
      const page = (await askChild({ call: 'page', folder: store, query })) as Page | Failure;
      return isFailure(page) ? { records: [], failures: [page] } : page;
    },
    facts: async relationship => {
      const found = (await askChild({ call: 'facts', folder: store, relationship })) as
        | { facts: Fact[]; failures: Failure[] }
        | Failure;
      return factsOf(folder, relationship, isFailure(found) ? { facts: [], failures: [found] } : found);
    },
    revision: async (relationship, path, hash) => {
      const found = await askChild({ call: 'revision', folder: store, relationship, path, content: hash });
      return typeof found === 'string' ? Buffer.from(found, 'base64') : undefined;
    },
    close: async () => {},
  };
}
