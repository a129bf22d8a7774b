import { join } from 'node:path';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import type { Failure } from '../../core/failure.ts';
import { readdir, readFile, stat } from './disk.ts';
import { absent } from './durable.ts';
import { code } from './place.ts';

/** The relationships that replicated to this root, by their folders beside the files; none: it is no backup. */
export async function relationshipsBeside(root: string): Promise<string[] | Failure> {
  try {
    const names = (await readdir(join(root, OWN_FOLDER)).catch(absent)) ?? [];
    const found: string[] = [];
    for (const name of names) {
      const ledger = await stat(join(root, OWN_FOLDER, name, 'ledger.json')).catch(absent);
      if (ledger !== undefined) found.push(name);
    }
    return found.sort();
  } catch (error) {
    return {
      failure: 'unreadable',
      message: `${join(root, OWN_FOLDER)} cannot be read (${code(error)})`,
      at: { file: root },
      hint: 'run warmspare as the user who replicated to this root, or as root',
    };
  }
}

/** The definition as it was left beside the ledger; undefined where it cannot be read. */
export function definitionBeside(root: string, relationship: string): Promise<string | undefined> {
  return readFile(join(root, OWN_FOLDER, relationship, 'definition'), 'utf8').catch(() => undefined);
}
