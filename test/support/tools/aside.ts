import type { Tool } from './tool.ts';

/** The whole content exchanged, by a tool that edits. */
export const SED_ALL = 'sed -i -e "1r $C" -e d "$P"';

/** Tools that write a file aside and rename it: nobody ever sees it in part. */
export const RENAMING: readonly Tool[] = [
  {
    name: 'sed -i',
    needs: [],
    save: SED_ALL,
  },
  { name: 'rsync', needs: ['/usr/bin/rsync'], save: 'rsync -I "$C" "$P"' },
  {
    name: 'rsync -t, old mtime',
    needs: ['/usr/bin/rsync'],
    save: 'touch -d 2001-01-01 "$C"; rsync -tI "$C" "$P"',
  },
  { name: 'mv, same file system', needs: [], save: 'cp "$C" "$ASIDE/moved"; mv "$ASIDE/moved" "$P"' },
  { name: 'mv from beside', needs: [], save: 'cp "$C" "$P.new"; sync "$P.new"; mv "$P.new" "$P"' },
  { name: 'ln -f', needs: [], save: 'rm -f "$ASIDE/link"; cp "$C" "$ASIDE/link"; ln -f "$ASIDE/link" "$P"' },
  {
    name: 'ansible (elsewhere, copy, rename)',
    needs: [],
    save: 'cp "$C" "$ASIDE/ansible"; cp "$ASIDE/ansible" "$ROOT/.ansible_tmp"; chmod 644 "$ROOT/.ansible_tmp"; mv -f "$ROOT/.ansible_tmp" "$P"',
  },
];
