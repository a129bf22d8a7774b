import { nano, vim } from './editors.ts';
import type { Tool } from './tool.ts';

/** Tools that write into the file that is there: whoever looks meanwhile sees it empty or in part. */
export const IN_PLACE: readonly Tool[] = [
  vim('vim bkc=yes', 'set bsk= bkc=yes nobackup writebackup'),
  nano('nano'),
  { name: 'cp', needs: [], save: 'cp "$C" "$P"' },
  { name: '>', needs: [], save: 'cat "$C" > "$P"' },
  { name: 'dd conv=notrunc', needs: [], save: 'dd if="$C" of="$P" bs=4096 conv=notrunc status=none' },
  {
    name: 'targetcli (copy over)',
    needs: [],
    // rtslib-fb: writes and syncs a temporary file, then copies it over the live one.
    save: 'cp "$C" "$P.temp"; sync "$P.temp"; cat "$P.temp" > "$P"; chmod 600 "$P"; rm "$P.temp"',
  },
  { name: 'rsync --inplace', needs: ['/usr/bin/rsync'], save: 'rsync -I --inplace "$C" "$P"' },
  {
    name: 'slow writer, 4 x 300 ms',
    needs: [],
    save: `for part in 0 1 2 3; do
      dd if="$C" bs=12000 skip=$part count=$([ $part = 3 ] && echo 100 || echo 1) status=none
      [ $part = 3 ] || sleep 0.3
    done > "$P"`,
  },
  {
    name: '200 saves in 1 s',
    needs: [],
    long: true,
    save: 'i=0; while [ $i -lt 200 ]; do { cat "$C"; echo "save $i"; } > "$P"; sleep 0.003; i=$((i+1)); done',
    result: content => `${content}save 199\n`,
    onTheWay: content => Array.from({ length: 200 }, (_, i) => `${content}save ${i}\n`),
  },
  {
    name: 'cp, chmod, chown, touch',
    needs: [],
    save: 'cp "$C" "$P"; chmod 640 "$P"; chown "$(id -u)" "$P"; touch "$P"',
  },
  { name: 'utimes set back', needs: [], save: 'cp "$C" "$P"; touch -d 2001-01-01 "$P"' },
  {
    name: 'mmap',
    needs: ['/usr/bin/cc'],
    prepare: `cp "$C" "$P"
      cat > "$ASIDE/mapped.c" <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
int main(int n, char **a) {
  struct stat s;
  int from = open(a[1], O_RDONLY), to = open(a[2], O_RDWR);
  if (n != 3 || from < 0 || to < 0 || fstat(from, &s) != 0 || ftruncate(to, s.st_size) != 0) return 1;
  char *f = mmap(0, s.st_size, PROT_READ, MAP_SHARED, from, 0);
  char *t = mmap(0, s.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
  if (f == MAP_FAILED || t == MAP_FAILED) return 1;
  memcpy(t, f, s.st_size);
  return munmap(t, s.st_size);
}
END
      cc -o "$ASIDE/mapped" "$ASIDE/mapped.c"`,
    save: '"$ASIDE/mapped" "$C" "$P"',
  },
  {
    name: 'edit through another hard link',
    needs: [],
    prepare: 'cp "$C" "$P"; ln "$P" "$ASIDE/other"',
    save: 'cat "$C" > "$ASIDE/other"',
  },
  { name: 'empty file (: >)', needs: [], save: ': > "$P"', result: () => '' },
];
