/** Administrators' edits of the corpus' exports, smb.conf and filer.toml. */
import {
  append,
  CRLF,
  cut,
  type Edit,
  edit,
  exchange,
  FINAL_NEWLINE,
  insertAfter,
  insertBefore,
  lines,
  put,
  putAll,
} from './edit.ts';

const nfsExports: readonly Edit[] = [
  edit('add', 'an export', append('/srv/scratch\t10.0.0.0/24(rw,async,no_subtree_check)\n')),
  edit('delete', 'an export goes', cut(lines('/share\t'))),
  edit('rename', 'an export moves', put('\n/srv/nfs4/homes -sec', '\n/srv/nfs4/people -sec')),
  edit('change', 'read-only', put('10.0.0.0/24(rw,', '10.0.0.0/24(ro,')),
  edit('reorder', 'two exports', exchange(lines('/srv/nfs4\t10'), lines('"/srv/with space"'))),
  edit(
    'comment',
    'a remark of its own',
    insertBefore(lines('"/srv/with space"'), '# quoted for its blank\n'),
  ),
  edit(
    'identifier',
    'an export to the primary itself, in other spellings',
    append(
      '# NAS1 and nas10, nas1.\n/srv/vm NAS1(rw) nas1.example.com(rw,fsid=7C1E1C523F1D4F0E9A390A5D2F3E4B61) FD00::1(rw) \\\n' +
        '\tfd00:0000:0000:0000:0000:0000:0000:0001(ro) nas1.example.com.au(ro)\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const samba: readonly Edit[] = [
  edit(
    'add',
    'a share',
    insertBefore(
      lines('# NOTE: If you have a BSD-style'),
      '[projects]\n   path = /srv/projects\n   read only = no\n\n',
    ),
  ),
  edit('delete', 'a setting of a share goes', cut(lines('   printable = yes'))),
  edit('delete', 'a share goes', cut(lines('[homes]', 'writable = yes'))),
  edit('rename', 'a share is called otherwise', put('\n[printers]', '\n[queues]')),
  edit('change', 'larger logs', put('max log size = 50', 'max log size = 500')),
  edit('reorder', 'two settings', exchange(lines('   netbios name ='), lines('   server role ='))),
  edit('comment', 'a commented setting altered', put(';   wins support = yes', ';   wins support = no')),
  edit(
    'identifier',
    'a share whose path and comment name the primary',
    insertBefore(
      lines('# This one is useful'),
      '[nas1]\n   path = /srv/nas1/data\n   comment = \\\\NAS1\\data of nas1.example.com, not \\\\NAS10\\data\n' +
        '   hosts allow = 192.168.12.2 FD00:12:0:0:0:0:0:2\n\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const seaweedfs: readonly Edit[] = [
  edit('add', 'a table', append('\n[filer.limits]\nuploads = 12\n')),
  edit('delete', 'a list item goes', cut(lines('    "localhost:30002",'))),
  edit('rename', 'a table is called otherwise', put('[redis2.tmp]', '[redis2.scratch]')),
  edit('change', 'another store', put('recursive_delete = false', 'recursive_delete = true')),
  edit('reorder', 'two tables', exchange(lines('[leveldb2]', 'dir ='), lines('[leveldb3]', 'dir ='))),
  edit('comment', 'a remark altered', put('# Enable 1PC', '# Enable 1PC (one phase)')),
  edit(
    'identifier',
    'a table that is named after the node, with escapes',
    append(
      '\n[nodes.stor-a] # STOR-A\naddress = "\\u0031\\u0030.20.0.5:6379\\tstor-a"\n' +
        "peers = ['stor-a.example.net', 'FD20::5', 'stor-a2']\n",
    ),
  ),
  edit('rename', 'a key everywhere', putAll('masterName', 'master_name')),
  edit('add', 'a setting', insertAfter(lines('api_version = 740'), 'timeout = "9s"\n')),
  FINAL_NEWLINE,
  CRLF,
];

export const otherEdits: Readonly<Record<string, readonly Edit[]>> = {
  'nfs-exports-lines': nfsExports,
  'samba-default-ini': samba,
  'seaweedfs-filer-toml': seaweedfs,
};
