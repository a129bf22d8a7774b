import { diff } from '../change/diff.ts';
import type { Document, Json } from '../document.ts';
import { isWithin } from './local.ts';
import { valueAt } from './merge/entities.ts';

/** One difference between the backup and what was replicated last, both in the backup's terms. */
export interface Difference {
  /** Local: meant to be (kept, preserved, rejected). Drift: not. Comment: no setting differs. */
  readonly sort: 'local' | 'drift' | 'comment';
  /** RFC 6901 pointer; '' for the whole file. */
  readonly pointer: string;
  /** undefined: that side has nothing there. */
  readonly replicated?: Json;
  readonly backup?: Json;
}

/** Compares the backup's file with rewrite(primary) as it was last replicated. */
export function compare(
  base: Document,
  local: Document,
  known: readonly string[],
  preserve: readonly string[],
): Difference[] {
  if (base.text === local.text) return [];
  const meant = [...known.map(place => place.replace(/^!/, '')), ...preserve];
  const found = diff(base.value, local.value).map((operation): Difference => {
    const pointer = operation.path;
    const backup = 'value' in operation ? operation.value : undefined;
    const replicated = operation.op === 'add' ? undefined : valueAt(base.value, pointer);
    return {
      sort: isWithin(meant, pointer) ? 'local' : 'drift',
      pointer,
      ...(replicated === undefined ? {} : { replicated }),
      ...(backup === undefined ? {} : { backup }),
    };
  });
  return found.length > 0 ? found : [{ sort: 'comment', pointer: '' }];
}
