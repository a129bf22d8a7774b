import { type Query, readFacts, readPage, readRevision } from './reading.ts';
import { rebuild } from './rebuild.ts';
import { DATA, openTables } from './tables.ts';

/** What a child process is asked for, as JSON in its first argument; it answers with JSON on stdout. */
export type Request =
  | { readonly call: 'page'; readonly folder: string; readonly query: Query }
  | { readonly call: 'facts'; readonly folder: string; readonly relationship: string }
  | {
      readonly call: 'revision';
      readonly folder: string;
      readonly relationship: string;
      readonly path: string;
      readonly content: string;
    }
  | { readonly call: 'rebuild'; readonly folder: string; readonly into: string };

/**
 * The entry of a process that opens a store which is not proven sound: where a damaged page ends the
 * process, it is this one.
 */
async function answer(request: Request): Promise<unknown> {
  if (request.call === 'rebuild') return rebuild(request.folder, request.into);
  const tables = openTables(request.folder, { readOnly: true });
  if (tables === undefined) throw new Error(`${DATA} has no tables`);
  switch (request.call) {
    case 'page':
      return readPage(tables, request.query);
    case 'facts':
      return readFacts(tables, request.relationship);
    case 'revision': {
      const { relationship, path, content } = request;
      return readRevision(tables, relationship, path, content)?.toString('base64') ?? null;
    }
  }
}

const answered = await answer(JSON.parse(process.argv[2]!));
// Closing would only cost time: the system takes everything back, whatever state it is in.
process.stdout.write(JSON.stringify(answered), () => process.exit(0));
