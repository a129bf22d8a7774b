import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { TOML_SUITE } from './core/formats/toml-suite.ts';

/** What some tests need beside npm's packages: the file that tells it is there, and Debian's package. */
const NEEDED: readonly (readonly [file: string, package_: string])[] = [
  [TOML_SUITE, 'golang-github-burntsushi-toml-dev'],
  ['/usr/bin/patch', 'patch'],
  ['/usr/bin/strace', 'strace'],
  ['/usr/bin/setfacl', 'acl'],
  ['/usr/bin/setfattr', 'attr'],
  // The tools that save in test/support/tools, and a mount that changes underneath.
  ['/usr/bin/vim', 'vim'],
  ['/usr/bin/nano', 'nano'],
  ['/usr/bin/rsync', 'rsync'],
  ['/usr/bin/git', 'git'],
  ['/usr/bin/script', 'bsdutils'],
  ['/usr/bin/cc', 'gcc'],
  ['/usr/bin/bindfs', 'bindfs'],
  ['/usr/bin/fusermount3', 'fuse3'],
  // A file system whose power can be cut.
  ['/usr/sbin/mkfs.ext4', 'e2fsprogs'],
  ['/usr/sbin/xfs_io', 'xfsprogs'],
  ['/usr/bin/systemd-analyze', 'systemd'],
  ['/usr/bin/systemd-nspawn', 'systemd-container'],
  ['/usr/sbin/nats-server', 'nats-server'],
  ['/usr/bin/openssl', 'openssl'],
  ['/usr/sbin/sshd', 'openssh-server'],
  ['/usr/bin/ssh-keyscan', 'openssh-client'],
  // Hosts of our own, between which something can be lost.
  ['/usr/sbin/ip', 'iproute2'],
  ['/usr/sbin/nft', 'nftables'],
];

/** What an installed warmspare keeps as root: no test may touch it, and none may find something there. */
const INSTALLED = ['/var/lib/warmspare', '/etc/warmspare'];

const installed = () =>
  INSTALLED.map(path => `${path} ${statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 'is not there'}`);

export default function setup(): () => void {
  install();
  const before = installed().join('\n');
  return () => {
    const after = installed().join('\n');
    if (after === before) return;
    console.error(`a test touched what is installed:\n${before}\nis now\n${after}`);
    process.exitCode = 1;
  };
}

/**
 * Runs once before all tests. On Debian as root what is missing is installed; otherwise it is said
 * what to install, and the tests that need it are listed as not run.
 */
function install(): void {
  const missing = NEEDED.filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.warn(`some tests will not run; install what they need: apt-get install ${missing.join(' ')}`);
    return;
  }
  const apt = (...args: string[]) =>
    execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  try {
    apt('install', '-y', ...missing);
  } catch {
    apt('update');
    apt('install', '-y', ...missing);
  }
}
