import { createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { nkeys } from '@nats-io/transport-node';
import type { ClusterConfig, NamedFile } from '../config/config.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import type { NatsOptions } from './nats/line.ts';
import { KEY_BYTES } from './seal.ts';

/** What the files hold that the configuration of a cluster names. */
export interface Secrets extends Pick<NatsOptions, 'credentials' | 'tls'> {
  /** What everything is sealed with; KEY_BYTES long. */
  readonly key?: Uint8Array;
}

/** None of these files is larger than a chain of certificates. */
const MOST_BYTES = 1024 * 1024;

/** Everything that is wrong with the files comes back at once. Nothing that they hold is in a message. */
export function readSecrets(cluster: ClusterConfig): Secrets | Failure[] {
  const credentials = cluster.credentials === undefined ? undefined : readCredentials(cluster.credentials);
  const key = cluster.key === undefined ? undefined : readKey(cluster.key);
  const tls = cluster.tls === undefined ? undefined : readTls(cluster.tls);
  const failures = [credentials, key, ...(Array.isArray(tls) ? tls : [])].filter(isFailure);
  if (failures.length > 0 || isFailure(credentials) || isFailure(key) || Array.isArray(tls)) return failures;
  return {
    ...(credentials === undefined ? {} : { credentials }),
    ...(key === undefined ? {} : { key }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** A whole .creds file, or a seed in a line of its own. */
function readCredentials(file: NamedFile): NonNullable<Secrets['credentials']> | Failure {
  const read = readNamed(file, 'the credentials');
  if (isFailure(read)) return read;
  const text = new TextDecoder().decode(read.bytes);
  const lines = text.split('\n').map(line => line.trim());
  const seed = lines.find(isUserSeed);
  const words = /-{3,}BEGIN NATS USER JWT-{3,}\s*\n\s*[\w.-]+\s*\n/.test(text);
  const hint = 'A .creds file as nsc writes it, or the seed (SU...) that `nk -gen user` prints';
  if (seed === undefined) return otherForm(file, 'the credentials', 'hold no seed of a user', hint);
  if (words) return { kind: 'creds', bytes: read.bytes, at: file.source };
  const alone = lines.filter(line => line !== '' && !line.startsWith('#'));
  if (alone.length !== 1) return otherForm(file, 'the credentials', 'hold more than a seed', hint);
  return { kind: 'seed', bytes: new TextEncoder().encode(seed), at: file.source };
}

function isUserSeed(line: string): boolean {
  if (!/^SU[A-Z2-7]{56}$/.test(line)) return false;
  try {
    nkeys.fromSeed(new TextEncoder().encode(line));
    return true;
  } catch {
    return false;
  }
}

/** In base64 or hexadecimal, for the eyes of its owner alone: who has it can say anything in any member's name. */
function readKey(file: NamedFile): Uint8Array | Failure {
  const read = readNamed(file, 'the key of the cluster');
  if (isFailure(read)) return read;
  if ((read.mode & 0o177) !== 0) {
    const message = `the key of the cluster can be read by others than its owner (mode ${(read.mode & 0o777).toString(8).padStart(4, '0')})`;
    const hint = `Run chmod 600 ${file.path}, and make another key where somebody may have read it`;
    return { failure: 'config-invalid', message, at: file.source, hint };
  }
  const text = new TextDecoder().decode(read.bytes).trim();
  const coding = /^[0-9a-fA-F]{64}$/.test(text)
    ? 'hex'
    : /^[A-Za-z0-9+/]{43}=?$/.test(text)
      ? 'base64'
      : undefined;
  const key = coding === undefined ? undefined : Buffer.from(text, coding);
  if (key?.length === KEY_BYTES) return new Uint8Array(key);
  const hint = `Make one with (umask 077; openssl rand -base64 32 > ${file.path}), and give it to every member`;
  return otherForm(file, 'the key of the cluster', 'is not 32 bytes in base64 or hexadecimal', hint);
}

function readTls(files: NonNullable<ClusterConfig['tls']>): NonNullable<Secrets['tls']> | Failure[] {
  const ca = readPem(files.ca, 'the certificate authority', text => new X509Certificate(text));
  const cert = readPem(files.cert, 'the certificate', text => new X509Certificate(text));
  const key = readPem(files.key, 'the private key', text => createPrivateKey(text));
  const failures = [ca, cert, key].filter(isFailure);
  if (failures.length > 0 || isFailure(ca) || isFailure(cert) || isFailure(key)) return failures;
  if (
    cert !== undefined &&
    key !== undefined &&
    !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  )
    return [
      otherForm(
        files.key!,
        'the private key',
        "is not the certificate's",
        'Name the two that belong together',
      ),
    ];
  const at = files.ca ?? files.cert ?? files.key;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(at === undefined ? {} : { at: at.source }),
  };
}

function readPem(
  file: NamedFile | undefined,
  what: string,
  parse: (text: string) => unknown,
): string | Failure | undefined {
  if (file === undefined) return undefined;
  const read = readNamed(file, what);
  if (isFailure(read)) return read;
  const text = new TextDecoder().decode(read.bytes);
  try {
    parse(text);
    return text;
  } catch {
    return otherForm(
      file,
      what,
      'is not PEM, or is locked by a passphrase',
      'Name a file that begins with -----BEGIN',
    );
  }
}

function readNamed(file: NamedFile, what: string): { bytes: Uint8Array; mode: number } | Failure {
  let descriptor: number | undefined;
  try {
    // What is no file, such as a pipe without a writer, is to be told and not waited for.
    descriptor = openSync(file.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return unreadable(file, what, 'it is not a file');
    if (stat.size > MOST_BYTES) return unreadable(file, what, `it has ${stat.size} bytes`);
    const bytes = new Uint8Array(stat.size);
    const count = readSync(descriptor, bytes, 0, stat.size, 0);
    return { bytes: bytes.subarray(0, count), mode: stat.mode };
  } catch (error) {
    return unreadable(file, what, (error as NodeJS.ErrnoException).code ?? 'it cannot be opened');
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function unreadable(file: NamedFile, what: string, why: string): Failure {
  const message = `cannot read ${what} in ${file.path}: ${why}`;
  const hint = 'A path is relative to the folder of the configuration file';
  return { failure: 'config-invalid', message, at: file.source, hint };
}

function otherForm(file: NamedFile, what: string, how: string, hint: string): Failure {
  return { failure: 'config-invalid', message: `${what} in ${file.path} ${how}`, at: file.source, hint };
}
