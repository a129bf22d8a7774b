import { SED_ALL } from './aside.ts';
import { vim } from './editors.ts';
import type { Tool } from './tool.ts';

const LINKED = 'mkdir "$ROOT/real"; cp "$C" "$ROOT/real/target"; ln -s real/target "$P"';
const FOLDER = 'mkdir -p "$ROOT/d"; cp "$C" "$P"';

/** Files behind links, and folders that are exchanged with all that is in them. */
export const LINKS: readonly Tool[] = [
  { name: 'symlink: edit', needs: [], prepare: LINKED, save: 'cat "$C" > "$P"' },
  {
    ...vim('symlink: vim', 'set bsk= bkc=auto nobackup writebackup'),
    prepare: LINKED,
  },
  {
    name: 'symlink: replace the target',
    needs: [],
    prepare: LINKED,
    save: 'cp "$C" "$ROOT/real/.new"; mv "$ROOT/real/.new" "$ROOT/real/target"',
  },
  {
    name: 'symlink: ln -sfn',
    needs: [],
    prepare: LINKED,
    save: 'name=real/$(basename "$C"); cp "$C" "$ROOT/$name"; ln -sfn "$name" "$P"',
  },
  {
    name: 'symlink: rename of a link',
    needs: [],
    prepare: LINKED,
    save: 'name=real/$(basename "$C"); cp "$C" "$ROOT/$name"; ln -s "$name" "$P.l"; mv -T "$P.l" "$P"',
  },
  { name: 'symlink: sed -i on it', needs: [], prepare: LINKED, save: SED_ALL },
  {
    name: 'kubernetes ..data',
    needs: [],
    prepare: 'mkdir "$ROOT/..0"; cp "$C" "$ROOT/..0/conf"; ln -s ..0 "$ROOT/..data"; ln -s ..data/conf "$P"',
    save: `old=$(readlink "$ROOT/..data"); new=..$(basename "$C")
      mkdir "$ROOT/$new"; cp "$C" "$ROOT/$new/conf"; ln -s "$new" "$ROOT/..data_tmp"
      mv -T "$ROOT/..data_tmp" "$ROOT/..data"; rm -r "$ROOT/$old"`,
  },
  {
    name: 'folder swapped',
    needs: [],
    path: 'd/conf',
    prepare: FOLDER,
    save: `cp -r "$ROOT/d" "$ROOT/d2"; cp "$C" "$ROOT/d2/conf"
      mv "$ROOT/d" "$ROOT/d.old"; mv "$ROOT/d2" "$ROOT/d"; rm -r "$ROOT/d.old"`,
  },
];
