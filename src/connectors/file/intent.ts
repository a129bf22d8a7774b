import { join } from 'node:path';
import { z } from 'zod';
import { isFailure } from '../../core/failure.ts';
import { type Ledger, ledgerSchema, parseLedger } from '../ledger.ts';
import { sha256 } from './digest.ts';
import { readFile } from './disk.ts';
import { absent } from './durable.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().regex(/^[0-9a-f]+$/);

const effect = z.object({
  path: z.string(),
  /** What stood there; null: nothing. */
  old: hash.nullable(),
  /** What is to stand there; null: nothing. */
  next: hash.nullable(),
  /** Of a put: its name in `new/`. */
  staged: name.optional(),
  /** Of a deletion: the name in `removed/` that the target gets. */
  grave: name.optional(),
  /** The path becomes this symbolic link, and the file is put where it leads. */
  link: z.string().optional(),
  /** Replication touches the path for the first time. */
  first: z.boolean().optional(),
});

const intentSchema = z.object({ ledger: ledgerSchema, effects: z.array(effect) });

export type Effect = z.infer<typeof effect>;

/** What a transaction was to do, found where its owner left it. */
export interface Intent {
  readonly ledger: Ledger;
  readonly effects: readonly Effect[];
}

/** The next ledger, written before the first rename, and renamed into its place after the last. */
export const nextLedgerIn = (home: string) => join(home, 'next.json');

/** What several effects are to be, on disk before the first of them. */
export const intentIn = (home: string) => join(home, 'intent');

/** Sealed: what was damaged since is no intent, instead of another one. */
export function intentText(intent: Intent): string {
  const body = JSON.stringify(intent);
  return `${sha256(body)}\n${body}\n`;
}

function parseIntent(text: string): Intent | undefined {
  const [seal, body = ''] = text.split('\n');
  if (sha256(body) !== seal) return undefined;
  const parsed = intentSchema.safeParse(JSON.parse(body));
  return parsed.success ? parsed.data : undefined;
}

/**
 * What the owner of an epoch left in its directory, acknowledged or not; what tells more comes first. Of several
 * effects the intent tells. Of a single one the draft of the next ledger does: its newest entry names the path with
 * the hash of before and after, and the target's own hash says which of them is there.
 *
 * Both are on disk before the first effect, with their names. A power cut that kept the effect and lost what
 * tells of it would leave a file that is in no ledger: one that the primary has lost since would stay, and a
 * change of the primary's since would be merged with it as with an administrator's edit.
 */
export async function leftIn(home: string): Promise<Intent[]> {
  const text = await readFile(intentIn(home), 'utf8').catch(absent);
  const intent = text === undefined ? undefined : parseIntent(text);
  const draft = await readFile(nextLedgerIn(home), 'utf8').catch(absent);
  const ledger = draft === undefined ? undefined : parseLedger(draft, home);
  const left = intent === undefined ? [] : [intent];
  if (ledger === undefined || isFailure(ledger)) return left;
  const entry = ledger.history.findLast(({ sequence }) => sequence === ledger.sequence);
  const effects = (entry?.files ?? [])
    .filter(({ before, after }) => before !== after)
    .map(({ path, before, after }) => ({ path, old: before, next: after }));
  return [...left, { ledger, effects }];
}
