import { vim } from './editors.ts';
import type { Tool } from './tool.ts';

const GIT = 'git --git-dir "$ASIDE/git" --work-tree "$ROOT"';

/** Tools that take the file away and make a new one: missing, then empty, then in part, then there. */
export const ANEW: readonly Tool[] = [
  vim('vim bkc=no', 'set bsk= bkc=no nobackup writebackup'),
  vim('vim bkc=auto', 'set bsk= bkc=auto nobackup writebackup'),
  { name: 'install', needs: ['/usr/bin/install'], save: 'install -m 644 "$C" "$P"' },
  {
    name: 'git checkout',
    needs: ['/usr/bin/git'],
    prepare: 'git init -q --bare "$ASIDE/git"; cp "$C" "$P"',
    save: `blob=$(${GIT} hash-object -w "$C")
      tree=$(printf '100644 blob %s\\tconf\\n' "$blob" | ${GIT} mktree)
      ${GIT} checkout -q "$tree" -- conf`,
  },
  {
    name: 'mv, other file system',
    needs: ['/dev/shm'],
    save: 'cp "$C" "$FAR/moved"; mv "$FAR/moved" "$P"',
  },
  { name: 'rm, cp', needs: [], save: 'rm "$P"; cp "$C" "$P"' },
  { name: 'rm, 50 ms, cp', needs: [], save: 'rm "$P"; sleep 0.05; cp "$C" "$P"' },
  { name: 'rm, 500 ms, cp', needs: [], save: 'rm "$P"; sleep 0.5; cp "$C" "$P"' },
  { name: 'mv conf conf.bak; cp', needs: [], save: 'mv "$P" "$P.bak"; cp "$C" "$P"' },
  { name: 'cp --remove-destination', needs: [], save: 'cp --remove-destination "$C" "$P"' },
];
