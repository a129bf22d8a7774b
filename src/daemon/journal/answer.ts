import { openCopy } from './copied.ts';
import { readMark } from './mark.ts';
import { lost, type Query, readFacts, readPage, readRevision, writtenIn } from './reading.ts';
import { rebuild } from './rebuild.ts';
import type { Tables } from './tables.ts';

/** What a child process is asked for. */
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
 * Answers from a store that is not proven sound. It may throw whatever lmdb throws, return nothing of
 * use, or end the process: only for a child.
 */
export async function answer(request: Request): Promise<unknown> {
  if (request.call === 'rebuild') return rebuild(request.folder, request.into);
  // Read first: a writer beside this one only ever gets further.
  const mark = await readMark(request.folder);
  const tables = await openCopy(request.folder);
  if (tables === undefined) throw new Error('a table is missing');
  try {
    return answerFrom(tables, request, mark);
  } finally {
    await tables.root.close();
  }
}

function answerFrom(tables: Tables, request: Exclude<Request, { call: 'rebuild' }>, mark: number): unknown {
  const behind = writtenIn(tables) < mark ? [lost('', 'its newest part is missing')] : [];
  switch (request.call) {
    case 'page': {
      const { records, failures } = readPage(tables, request.query);
      return { records, failures: [...behind, ...failures] };
    }
    case 'facts': {
      const { facts, failures } = readFacts(tables, request.relationship);
      return { facts, failures: [...behind, ...failures] };
    }
    case 'revision': {
      const { relationship, path, content } = request;
      return readRevision(tables, relationship, path, content)?.toString('base64') ?? null;
    }
  }
}
