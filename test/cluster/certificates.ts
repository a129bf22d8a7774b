import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Paths of certificates for loopback, made by openssl: of an authority, a server and a member; and another authority. */
export function certificates(under: string): { ca: string; server: Pair; member: Pair; stranger: string } {
  const folder = join(under, 'tls');
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const authority = (name: string) => {
    const made = [
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.pem`),
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    ];
    openssl('req', '-x509', '-newkey', 'ed25519', '-nodes', ...made);
    return at(`${name}.pem`);
  };
  const ca = authority('authority');
  const pair = (name: string): Pair => {
    const made = ['-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`];
    openssl('req', '-newkey', 'ed25519', '-nodes', ...made);
    writeFileSync(at(`${name}.ext`), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    const by = ['-CA', ca, '-CAkey', at('authority.key'), '-CAcreateserial', '-days', '2'];
    openssl(
      'x509',
      '-req',
      '-in',
      at(`${name}.csr`),
      ...by,
      '-extfile',
      at(`${name}.ext`),
      '-out',
      at(`${name}.pem`),
    );
    return { cert: at(`${name}.pem`), key: at(`${name}.key`) };
  };
  return { ca, server: pair('server'), member: pair('member'), stranger: authority('stranger') };
}
