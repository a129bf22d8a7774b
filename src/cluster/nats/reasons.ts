import { JetStreamApiError } from '@nats-io/jetstream';
import { AuthorizationError, ConnectionError, PermissionViolationError } from '@nats-io/transport-node';
import type { Failure, Place } from '../../core/failure.ts';

/** Codes of JetStream's answers, which are the same in every version since 2.2. */
const WRONG_LAST_SEQUENCE = 10071;
const STREAM_NOT_FOUND = 10059;

export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE;
}

export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;
}

/** The innermost message: the library wraps what has happened into the request that it happened to. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error && error.cause.message !== '') return reasonOf(error.cause);
  return error.message === '' ? error.name : error.message;
}

/** What the errors of TLS are called, by Node and by OpenSSL. */
const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA)/;

/**
 * The Failure of a connection that no waiting will mend: credentials that are refused, certificates that do not
 * fit. Undefined: the server may just not be there yet.
 */
export function configurationFailure(
  error: unknown,
  server: string,
  at: { readonly credentials?: Place; readonly tls?: Place } = {},
): Failure | undefined {
  const causes = chain(error);
  if (causes.some(one => one instanceof AuthorizationError)) {
    const message = `${server} refuses ${at.credentials === undefined ? 'a member without credentials' : 'these credentials'}`;
    const hint =
      "Name the file with this member's credentials in cluster: {credentials: ...}, as etc/nats explains";
    return { failure: 'config-invalid', message, hint, ...placed(at.credentials) };
  }
  const code = causes
    .map(one => String((one as { code?: unknown }).code ?? ''))
    .find(one => TLS_CODE.test(one));
  const withoutTls = causes.some(one => one instanceof ConnectionError && /support 'tls'/.test(one.message));
  if (code === undefined && !withoutTls) return undefined;
  const why = withoutTls ? 'it has no TLS' : reasonOf(error);
  const message = `no trusted connection to ${server}: ${why}`;
  const hint = 'Name the certificates in cluster: {tls: {ca, cert, key}}, and let the server use TLS';
  return { failure: 'config-invalid', message, hint, ...placed(at.tls) };
}

function placed(at: Place | undefined): { at?: Place } {
  return at === undefined ? {} : { at };
}

function chain(error: unknown): Error[] {
  return error instanceof Error ? [error, ...chain(error.cause)] : [];
}

/** For a log: what a server forbade this member; undefined where the error is another one. */
export function forbidden(error: Error): string | undefined {
  return error instanceof PermissionViolationError
    ? `the server forbids this member to ${error.operation === 'publish' ? 'write to' : 'read'} ${error.subject}`
    : undefined;
}
