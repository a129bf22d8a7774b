import { sha256 } from '../connectors/file/source.ts';
import type { Ledger, LedgerFile } from '../connectors/ledger.ts';
import { render } from '../core/apply/rendered.ts';
import type { FormatName } from '../core/document.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import type { Mapping } from '../core/rewrite/identity.ts';
import { stringOf } from '../core/text.ts';
import { fileRules, type Opened } from './opened.ts';
import { replicatedInScope } from './prepare.ts';
import { waitsForBreak } from './ready.ts';

/** One file as both sides had it at the last common revision. */
export interface Agreed {
  readonly path: string;
  readonly entry: LedgerFile;
  /** `apply: on-break`: the following side has it only where it was installed. */
  readonly waits: boolean;
  /** The last replicated text, in the following side's terms. */
  readonly replicated: string;
  /** The following side's file as it stood then, its own settings included; undefined: it had none on purpose. */
  readonly stood: string | undefined;
}

/** What both sides agreed on, from the broken side's ledger and the texts beside it. */
export async function agreedOn(opened: Opened, ledger: Ledger): Promise<Agreed[] | Failure> {
  const agreed: Agreed[] = [];
  for (const path of replicatedInScope(opened, ledger).sort()) {
    const one = waitsForBreak(opened, path)
      ? await kept(opened, ledger, path)
      : await replicated(opened, ledger, path);
    if (isFailure(one)) return one;
    if (one !== undefined) agreed.push(one);
  }
  return agreed;
}

async function replicated(
  opened: Opened,
  ledger: Ledger,
  path: string,
): Promise<Agreed | undefined | Failure> {
  const { target, name } = opened;
  const entry = ledger.files[path];
  if (entry === undefined) return undefined;
  const bytes = (await target.base(name, path, entry.base)) ?? (await ownBase(opened, path, entry.base));
  if (bytes === undefined || sha256(bytes) !== entry.base) return lost(path);
  const text = stringOf(bytes);
  if (entry.file === null) return { path, entry, waits: false, replicated: text, stood: undefined };
  const hash = entry.file === entry.base ? undefined : (ledger.atBreak?.[path] ?? entry.file);
  const stood = hash === undefined ? bytes : ((await target.text(name, hash)) ?? bytes);
  return { path, entry, waits: false, replicated: text, stood: stringOf(stood) };
}

/** A file that was not touched since is its own base. */
async function ownBase({ target }: Opened, path: string, hash: string): Promise<Uint8Array | undefined> {
  const found = await target.read(path);
  return found !== undefined && !isFailure(found) && found.hash === hash ? found.bytes : undefined;
}

async function kept({ target, name }: Opened, ledger: Ledger, path: string): Promise<Agreed | undefined> {
  const entry = ledger.onBreak?.[path];
  if (entry === undefined) return undefined;
  const bytes = await target.text(name, entry.base);
  // Lost, it can't be compared; it is kept anew by the next update.
  if (bytes === undefined) return undefined;
  const installed = entry.installed === undefined ? undefined : await target.text(name, entry.installed);
  const stood = installed === undefined ? {} : { stood: stringOf(installed) };
  return { path, entry, waits: true, replicated: stringOf(bytes), stood: undefined, ...stood };
}

/** A text of one side in the other one's terms. */
export function inTermsOf(
  opened: Opened,
  mapping: Mapping,
  path: string,
  bytes: Uint8Array,
  format: FormatName | undefined,
): { readonly text: string; readonly format: FormatName } | Failure {
  const rendered = render(bytes, path, { ...fileRules(opened, path, undefined), mapping }, format);
  return isFailure(rendered) ? rendered : { text: rendered.next.text, format: rendered.format.name };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function lost(path: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `${path}: the text that was replicated last is lost, so that nothing tells who changed what since`,
    at: { file: path },
    hint: 'restore the .warmspare folder of the side that was broken; or release the relationship and begin anew with `update --baseline`',
  };
}
